export type RotationState = "settled" | "announcing" | "waiting";
