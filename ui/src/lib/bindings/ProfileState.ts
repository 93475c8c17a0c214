export type ProfileState = "missing" | "locked" | "open";
