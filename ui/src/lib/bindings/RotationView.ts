import type { Waiting } from "./Waiting";

export type RotationView = { total: number, confirmed: number, waiting: Array<Waiting>, };
