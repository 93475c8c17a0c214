export type ContactState = "requested" | "answering" | "connected" | "not following" | "disputed" | "ended" | "blocked";
