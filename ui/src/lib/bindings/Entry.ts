import type { Direction } from "./Direction";
import type { Proof } from "./Proof";
import type { State } from "./State";

export type Entry = { id: string, seq: number, contact: string, kind: string, direction: Direction, text: string, reply_to: string | null, state: State | null, time: number, route: string | null, reason: string | null, my_did: string, their_did: string, signed: boolean, proof: Proof | null, line: string | null, };
