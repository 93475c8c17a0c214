import type { Kind } from "./Kind";

export type Notice = { kind: Kind, contact: string | null, id: string | null, sentence: string | null, };
