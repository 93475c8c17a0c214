import type { Direction } from "./Direction";
import type { Proof } from "./Proof";
import type { Route } from "./Route";
import type { State } from "./State";

export type Entry = { id: string, seq: number, contact: string, kind: "message" | "line", direction: Direction, text: string, state: State | null, time: number, route: Route | null, reason: string | null, my_did: string, their_did: string, signed: boolean, proof: Proof | null, line: string | null, };
