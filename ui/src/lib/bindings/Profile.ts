export type Profile = { state: "missing" | "locked" | "open", name: string, keyring: boolean, };
