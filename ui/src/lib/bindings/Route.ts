export type Route = "direct" | "http";
