export type Proof = { sender_kid: string | null, recipient_kid: string | null, algorithms: Array<string>, received: number, };
