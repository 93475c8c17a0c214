/**
 * What the window knows at the moment, and the one place that listens to the backend's notices:
 * a notice says only what changed, and what is shown is pulled again.
 */
import { ask, notices, overview, sentence } from "./api";
import type { Contact } from "./bindings/Contact";
import type { InvitationView } from "./bindings/InvitationView";
import type { Me } from "./bindings/Me";
import type { Mediator } from "./bindings/Mediator";
import type { Network } from "./bindings/Network";
import type { Notice } from "./bindings/Notice";
import type { Overview } from "./bindings/Overview";
import type { Profile } from "./bindings/Profile";
import type { RotationView } from "./bindings/RotationView";
import type { Shown } from "./bindings/Shown";
import type { Settings } from "./bindings/Settings";
import type { Place } from "./place";
import { t } from "./texts";

export type SettingsPage = "profile" | "identities" | "mediators" | "connection" | "notifications" | "export" | "appearance" | "keyboard";

export type Open =
  | { dialog: "new-contact"; tab: "show" | "scan" }
  | { dialog: "export"; contact: string | null }
  | { dialog: "dids"; contact: string }
  | { dialog: "message"; contact: string; seq: number }
  | { dialog: "end" | "delete" | "block"; contact: string }
  | { dialog: "rotate-all" }
  | { dialog: "link"; url: string };

export type Toast = { text: string; action?: string; act?: () => void };

/** Milliseconds after a first drawing at which what it showed is pulled again. */
const SETTLED = 300;

type EntryNotice = (notice: Notice) => void;

class Session {
  profile = $state.raw<Profile | null>(null);
  /** Shown once, between creating a profile and the first conversation. */
  unlockCode = $state<string | null>(null);
  me = $state.raw<Me | null>(null);
  contacts = $state.raw<Contact[]>([]);
  network = $state.raw<Network | null>(null);
  mediators = $state.raw<Mediator[] | null>(null);
  rotation = $state.raw<RotationView | null>(null);
  invitations = $state.raw<InvitationView[]>([]);
  settings = $state.raw<Settings | null>(null);
  selected = $state<string | null>(null);
  details = $state(false);
  page = $state<SettingsPage | null>(null);
  open = $state.raw<Open | null>(null);
  /** Why the node stopped: everything else waits for that. */
  stopped = $state<string | null>(null);
  toast = $state.raw<Toast | null>(null);
  /** Moves on every half minute, so that relative words stay right. */
  now = $state(Date.now());
  drafts = $state<Record<string, string>>({});
  places = new Map<string, Place>();

  #listeners = new Set<EntryNotice>();
  #entered = 0;
  #settled: ReturnType<typeof setTimeout> | undefined;
  #pulling = new Map<string, { again: boolean }>();

  get contact(): Contact | null {
    return this.contacts.find((contact) => contact.contact === this.selected) ?? null;
  }

  /** Starts: listens, and shows what there is. Returns how to stop. */
  async start(): Promise<() => void> {
    const clock = setInterval(() => (this.now = Date.now()), 30_000);
    const [stop] = await Promise.all([notices((notice) => this.take(notice)), this.enter()]);
    return () => {
      stop();
      clearInterval(clock);
      clearTimeout(this.#settled);
    };
  }

  /** Asks where the profile stands and, if it is open, for all that is drawn first: once, and with everything. */
  async enter(): Promise<void> {
    const turn = ++this.#entered;
    // Somebody who asks again meanwhile is right: the door may have moved.
    const overtaken = () => turn !== this.#entered;
    let answer: Overview;
    try {
      answer = await overview();
    } catch (reason) {
      if (overtaken()) return;
      throw reason;
    }
    if (overtaken()) return;
    if (answer.shown) this.#show(answer.shown);
    this.profile = answer.profile;
    // What changed while it was on its way, or before somebody listened, would be missed for good.
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => void this.pullEverything(), SETTLED);
  }

  #show(shown: Shown): void {
    this.me = shown.me;
    this.settings = shown.settings;
    this.theme(shown.settings.theme);
    this.contacts = shown.contacts.map(called);
    this.network = shown.network;
    this.invitations = shown.invitations;
    this.rotation = shown.rotation;
  }

  /** Pulls all that may change by itself. */
  async pullEverything(): Promise<void> {
    if (this.profile?.state !== "open") return;
    await Promise.all([this.pullMe(), this.pullContacts(), this.pullNetwork(), this.pullInvitations(), this.pullRotation()]);
  }

  /** Hears of notices about entries. */
  hear(listener: EntryNotice): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  take(notice: Notice): void {
    switch (notice.kind) {
      case "entries":
      case "state":
        for (const listener of this.#listeners) listener(notice);
        void this.pullContacts();
        break;
      case "contacts":
        void this.pullContacts();
        void this.pullInvitations();
        break;
      case "invitations":
        void this.pullInvitations();
        break;
      case "network":
        void this.pullNetwork();
        void this.pullContacts();
        // Only once online does a new profile have a PeerId.
        if (this.me?.peer_id === "") void this.pullMe();
        break;
      case "mediators":
        void this.pullMediators();
        void this.pullRotation();
        break;
      case "rotation":
        void this.pullRotation();
        void this.pullContacts();
        break;
      case "stopped":
        this.stopped = notice.sentence ?? "";
        break;
      case "locked":
        this.leave();
        void this.attempt(() => this.enter());
        break;
      case "open-conversation":
        if (notice.contact) this.select(notice.contact);
        break;
    }
  }

  select(contact: string | null): void {
    this.page = null;
    this.open = null;
    this.selected = contact;
  }

  /** Says a sentence at the bottom for a while. */
  say(text: string, action?: string, act?: () => void): void {
    this.toast = action && act ? { text, action, act } : { text };
  }

  /** Runs something a person asked for; a refusal is said in its own words. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (reason) {
      const text = sentence(reason);
      if (text !== "") this.say(text);
      return false;
    }
  }

  theme(theme: string): void {
    if (theme !== "light" && theme !== "dark") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  pullContacts = (): Promise<void> =>
    this.#pull("contacts", async () => void (this.contacts = (await ask("contacts")).map(called)));
  pullMe = (): Promise<void> => this.#pull("me", async () => void (this.me = await ask("me")));
  pullNetwork = (): Promise<void> => this.#pull("network", async () => void (this.network = await ask("network")));
  pullMediators = (): Promise<void> =>
    this.#pull("mediators", async () => void (this.mediators = await ask("mediators")));
  pullRotation = (): Promise<void> => this.#pull("rotation", async () => void (this.rotation = await ask("rotation")));
  pullInvitations = (): Promise<void> =>
    this.#pull("invitations", async () => void (this.invitations = await ask("invitations")));

  /** One pull of a kind at a time; notices that come meanwhile are answered by one more. */
  async #pull(kind: string, work: () => Promise<void>): Promise<void> {
    const running = this.#pulling.get(kind);
    if (running) {
      running.again = true;
      return;
    }
    const state = { again: true };
    this.#pulling.set(kind, state);
    try {
      while (state.again) {
        state.again = false;
        await work();
      }
    } catch {
      // A refused pull leaves what is shown; the next notice pulls again.
    } finally {
      this.#pulling.delete(kind);
    }
  }

  /** Forgets everything that was shown. */
  leave(): void {
    this.profile = null;
    this.me = null;
    this.contacts = [];
    this.network = null;
    this.mediators = null;
    this.rotation = null;
    this.invitations = [];
    this.selected = null;
    this.page = null;
    this.open = null;
    this.details = false;
    this.drafts = {};
    this.places.clear();
    this.stopped = null;
    this.toast = null;
    this.unlockCode = null;
  }
}

/** A contact whose name nobody knows yet goes by the note, and without one by a word. */
function called(contact: Contact): Contact {
  return contact.name === "" ? { ...contact, name: contact.note ?? t("nameless") } : contact;
}

export const session = new Session();
