import type { ProfileState } from "./ProfileState";

export type Profile = { state: ProfileState, name: string, passphrase: boolean, keyring: boolean, plain: boolean, keyring_offered: boolean, };
