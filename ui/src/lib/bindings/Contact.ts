import type { Snippet } from "./Snippet";

export type Contact = { contact: string, name: string, told_name: string | null, note: string | null, state: string, reason: string | null, my_did: string, their_did: string, verified: boolean, color: number, online: boolean, confirms: boolean, reachable: boolean, unread: number, last: Snippet | null, muted: boolean, created: number, time: number, rotation: string, };
