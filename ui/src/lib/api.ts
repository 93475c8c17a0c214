/**
 * The one file that talks to Tauri: every command of the backend with its arguments and its answer,
 * and the notices the backend sends. A refused command throws `Refused` with one sentence for the person.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen, type UnlistenFn } from "@tauri-apps/api/event";
import type { BackupDone } from "./bindings/BackupDone";
import type { Contact } from "./bindings/Contact";
import type { Entry } from "./bindings/Entry";
import type { ExportDone } from "./bindings/ExportDone";
import type { InvitationView } from "./bindings/InvitationView";
import type { Mediator } from "./bindings/Mediator";
import type { Me } from "./bindings/Me";
import type { Network } from "./bindings/Network";
import type { Notice } from "./bindings/Notice";
import type { Overview } from "./bindings/Overview";
import type { Profile } from "./bindings/Profile";
import type { RotationView } from "./bindings/RotationView";
import type { Settings } from "./bindings/Settings";
import type { Started } from "./bindings/Started";
import type { UnlockCode } from "./bindings/UnlockCode";

export type ExportFormat = "text" | "json" | "html";

/** What each command takes and answers, by the backend's own names. */
export type Commands = {
  overview: [Record<string, never>, Overview];
  create_profile: [{ name: string; passphrase: string | null; in_keyring: boolean }, UnlockCode];
  unlock: [{ passphrase: string | null; unlock_code: string | null }, Profile];
  me: [Record<string, never>, Me];
  set_name: [{ name: string }, null];
  contacts: [Record<string, never>, Contact[]];
  contact: [{ contact: string }, Contact];
  history: [{ contact: string; before: number | null; limit: number }, Entry[]];
  send: [{ id: string; contact: string; text: string }, null];
  resend: [{ contact: string; id: string }, null];
  looking_at: [{ contact: string | null }, null];
  read: [{ contact: string; up_to: number }, null];
  rename: [{ contact: string; name: string }, null];
  mute: [{ contact: string; muted: boolean }, null];
  mediated_only: [{ contact: string; on: boolean }, null];
  block: [{ contact: string; blocked: boolean }, null];
  delete: [{ contact: string }, null];
  end: [{ contact: string }, null];
  request: [{ contact: string; accept: boolean }, null];
  invite: [{ reusable: boolean; expires_hours: number | null; note: string | null }, InvitationView];
  invitations: [Record<string, never>, InvitationView[]];
  revoke: [{ id: string }, null];
  accept_link: [{ link: string; note: string | null }, Contact];
  accept_picture: [Uint8Array, Contact];
  mediators: [Record<string, never>, Mediator[]];
  add_mediator: [{ place: string }, Mediator];
  add_mediator_in_picture: [Uint8Array, Mediator];
  remove_mediator: [{ did: string }, null];
  rotate: [{ contacts: string[] | null }, Started];
  rotation: [Record<string, never>, RotationView];
  export: [{ contact: string | null; format: ExportFormat; path: string | null }, ExportDone];
  backup: [{ path: string | null }, BackupDone];
  network: [Record<string, never>, Network];
  set_setting: [{ key: keyof Settings; value: string | boolean }, null];
};

/** A command the backend refused; the message is shown as it is, and an empty one means the person cancelled. */
export class Refused extends Error {}

/** Asks the backend. */
export async function ask<Name extends keyof Commands>(
  name: Name,
  args: Commands[Name][0] = {} as Commands[Name][0],
): Promise<Commands[Name][1]> {
  try {
    return await invoke<Commands[Name][1]>(name, args);
  } catch (reason) {
    throw new Refused(sentence(reason));
  }
}

declare global {
  interface Window {
    /** The first overview, which the backend's `window.rs` asks for while these pages are still being read. */
    overview?: Promise<Overview> | undefined;
  }
}

/** Where the profile stands, and what the window shows first. */
export async function overview(): Promise<Overview> {
  const early = window.overview;
  window.overview = undefined;
  if (!early) return ask("overview");
  try {
    return await early;
  } catch (reason) {
    throw new Refused(sentence(reason));
  }
}

/** Calls `take` for every notice until the returned function is called. */
export function notices(take: (notice: Notice) => void): Promise<UnlistenFn> {
  return listen<Notice>("notice", (event) => take(event.payload));
}

/** The words of whatever was thrown. */
export function sentence(reason: unknown): string {
  if (reason instanceof Error) return reason.message;
  if (typeof reason === "object" && reason !== null && "sentence" in reason) return String(reason.sentence);
  return String(reason);
}
