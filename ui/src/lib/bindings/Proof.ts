export type Proof = { sender_kid: string, recipient_kid: string, algorithms: Array<string>, received: number, };
