export type Me = { name: string, profile: string, peer_id: string, listen: Array<string>, http: string | null, public_id: string, };
