export type Settings = { mdns: boolean, notifications: string, theme: string, name: string, };
