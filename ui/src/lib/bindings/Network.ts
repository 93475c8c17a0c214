export type Network = { state: "online" | "alone" | "offline", peers: number, listen: Array<string>, http: string | null, sentence: string, };
