export type Network = { state: string, peers: number, listen: Array<string>, http: string | null, sentence: string, };
