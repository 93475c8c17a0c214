import type { ContactState } from "./ContactState";
import type { RotationState } from "./RotationState";
import type { Snippet } from "./Snippet";

export type Contact = { contact: string, name: string, told_name: string | null, note: string | null, state: ContactState, reason: string | null, my_did: string, their_did: string, color: number, online: boolean, confirms: boolean, reachable: boolean, unread: number, last: Snippet | null, muted: boolean, created: number, rotation: RotationState, };
