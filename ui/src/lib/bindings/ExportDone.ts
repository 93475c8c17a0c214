export type ExportDone = { entries: number, path: string, };
