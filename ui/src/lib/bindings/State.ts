export type State = "queued" | "sent" | "delivered" | "read" | "failed";
