export type Settings = { mdns: boolean, notifications: "full" | "name" | "none", theme: "system" | "light" | "dark", name: string, };
