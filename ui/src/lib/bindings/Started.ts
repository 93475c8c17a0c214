export type Started = { started: number, };
