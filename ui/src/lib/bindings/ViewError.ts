export type ViewError = { sentence: string, };
