export type UnlockCode = { unlock_code: string, };
