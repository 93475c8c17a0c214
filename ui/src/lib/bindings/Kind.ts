export type Kind = "entries" | "state" | "contacts" | "invitations" | "network" | "rotation" | "stopped" | "locked" | "open-conversation";
