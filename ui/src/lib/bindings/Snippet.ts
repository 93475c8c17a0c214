import type { Direction } from "./Direction";
import type { State } from "./State";

export type Snippet = { text: string, time: number, direction: Direction, state: State | null, line: string | null, };
