export type Waiting = { contact: string, name: string, };
