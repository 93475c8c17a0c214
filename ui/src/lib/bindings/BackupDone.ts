export type BackupDone = { path: string, };
