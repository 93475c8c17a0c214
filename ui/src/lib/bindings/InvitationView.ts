export type InvitationView = { id: string, url: string, svg: string, expires: number | null, reusable: boolean, note: string | null, created: number, state: string, answered_by: string | null, };
