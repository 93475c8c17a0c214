export type Direction = "in" | "out" | "none";
