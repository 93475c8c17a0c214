/** A backend that is not there: sample people for tests, `npm run dev` and pictures. Never part of a production build. */
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import type { Commands } from "./lib/api";
import type { Contact } from "./lib/bindings/Contact";
import type { Entry } from "./lib/bindings/Entry";
import type { InvitationView } from "./lib/bindings/InvitationView";
import type { Mediator } from "./lib/bindings/Mediator";
import type { Me } from "./lib/bindings/Me";
import type { Network } from "./lib/bindings/Network";
import type { Notice } from "./lib/bindings/Notice";
import type { Profile } from "./lib/bindings/Profile";
import type { RotationView } from "./lib/bindings/RotationView";
import type { Settings } from "./lib/bindings/Settings";
import type { Shown } from "./lib/bindings/Shown";
import { sampleCode, sampleContacts, sampleEntries, sampleMediator } from "./sample";

/** A machine with a keyring and no profile. */
export const NOBODY: Profile = {
  state: "missing",
  name: "",
  passphrase: false,
  keyring: false,
  plain: false,
  keyring_offered: true,
};

/** A profile that waits for its passphrase. */
export const LOCKED: Profile = { ...NOBODY, state: "locked", name: "Jonas Feld", passphrase: true };

export class Mock {
  profile: Profile = { ...NOBODY, state: "open", name: "Jonas Feld", keyring: true };
  me: Me = {
    name: "Jonas Feld",
    profile: "/home/jonas/.local/share/signet",
    peer_id: "12D3KooWQ7fXmAfqv1cDVkrUZ6tKpL9p2hZ2gT6r3nB1wVtYhS4e",
    listen: ["/ip4/192.168.1.20/udp/40123/quic-v1", "/ip4/192.168.1.20/tcp/40123"],
    http: null,
    public_id: "k7qd9mxe2rtahw4npc8v5ygbj3zs",
  };
  network: Network = {
    state: "online",
    peers: 3,
    relays: 1,
    listen: this.me.listen,
    http: null,
    sentence: "3 connections stand.",
  };
  settings: Settings = { mdns: true, upnp: true, notifications: "full", theme: "system", name: "Jonas Feld" };
  contacts: Contact[];
  entries: Map<string, Entry[]>;
  invitations: InvitationView[] = [];
  mediators: Mediator[] = [];
  rotation: RotationView = { total: 0, confirmed: 0, waiting: [] };
  /** Sentences with which a command is refused. */
  refusals: Partial<Record<keyof Commands, string>> = {};
  /** Every command asked, oldest first. */
  asked: { name: string; args: unknown }[] = [];

  constructor(readonly now = Date.now()) {
    this.contacts = sampleContacts(now);
    this.entries = sampleEntries(now, this.contacts);
  }

  /** Takes the place of Tauri. */
  install(): this {
    mockIPC((name, args) => this.answer(name as keyof Commands, args), { shouldMockEvents: true });
    return this;
  }

  /** Sends a notice, as the backend does. */
  async notice(kind: Notice["kind"], more: Partial<Notice> = {}): Promise<void> {
    await emit("notice", { kind, contact: null, id: null, sentence: null, ...more });
  }

  /** Lets a message of somebody arrive. */
  async receive(contact: string, text: string): Promise<void> {
    this.#append(contact, { direction: "in", text, state: null });
    const known = this.#contact(contact);
    known.unread += 1;
    await this.notice("entries", { contact });
  }

  /** Lets an own message rise to a state. */
  async raise(contact: string, id: string, state: Entry["state"]): Promise<void> {
    const entry = this.entries.get(contact)?.find((other) => other.id === id);
    if (!entry) throw new Error(`no entry ${id}`);
    Object.assign(entry, { state, route: "direct", reason: null });
    const last = this.#contact(contact).last;
    if (last) last.state = state;
    await this.notice("state", { contact, id });
  }

  #contact(contact: string): Contact {
    const found = this.contacts.find((other) => other.contact === contact);
    if (!found) throw new Error(`no contact ${contact}`);
    return found;
  }

  #append(contact: string, more: Pick<Entry, "direction" | "text" | "state"> & { id?: string }): Entry {
    const known = this.#contact(contact);
    const all = this.entries.get(contact) ?? [];
    const entry: Entry = {
      id: more.id ?? crypto.randomUUID(),
      seq: (all.at(-1)?.seq ?? 0) + 1,
      contact,
      kind: "message",
      time: Date.now(),
      route: null,
      reason: null,
      my_did: known.my_did,
      their_did: known.their_did,
      reply_to: null,
      signed: false,
      proof: null,
      line: null,
      ...more,
    };
    this.entries.set(contact, [...all, entry]);
    known.last = { line: null, text: more.text, time: entry.time, direction: more.direction, state: more.state };
    this.contacts = [known, ...this.contacts.filter((other) => other !== known)];
    return entry;
  }

  #addMediator(): Mediator {
    const mediator = sampleMediator("https://mail.example.org/", "granted");
    this.mediators = [...this.mediators, mediator];
    void this.notice("mediators");
    return mediator;
  }

  #accept(name: string): Contact {
    const contact: Contact = {
      ...this.contacts[0]!,
      contact: `accepted-${this.contacts.length}`,
      name,
      told_name: name,
      note: null,
      state: "answering",
      online: false,
      relayed: false,
      confirms: false,
      unread: 0,
      last: null,
      muted: false,
      mediated: false,
      mediated_only: false,
      color: 4,
      created: Date.now(),
      time: Date.now(),
      rotation: "settled",
    };
    this.contacts = [contact, ...this.contacts];
    this.entries.set(contact.contact, []);
    void this.notice("contacts", { contact: contact.contact });
    return contact;
  }

  #shown(): Shown {
    const { me, settings, contacts, network, invitations, rotation } = this;
    return { me, settings, contacts, network, invitations, rotation };
  }

  answer(name: keyof Commands, given: unknown): unknown {
    this.asked.push({ name, args: given });
    const refusal = this.refusals[name];
    if (refusal !== undefined) throw { sentence: refusal };
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    const args = given as any;
    switch (name) {
      case "overview":
        return {
          profile: this.profile,
          shown: this.profile.state === "open" ? structuredClone(this.#shown()) : null,
        };
      case "create_profile":
        this.profile = { ...this.profile, state: "open", name: args.name, keyring: args.in_keyring };
        this.me.name = args.name;
        return { unlock_code: "K7QD 9MXE 2RTA HW4N PC8V 5YGB J3ZS" };
      case "unlock":
        if (args.unlock_code === null && args.passphrase !== "open sesame") throw { sentence: "That is not the passphrase." };
        this.profile = { ...this.profile, state: "open" };
        return this.profile;
      case "me":
        return this.me;
      case "set_name":
        this.me = { ...this.me, name: args.name };
        return null;
      case "contacts":
        return structuredClone(this.contacts);
      case "contact":
        return structuredClone(this.#contact(args.contact));
      case "history": {
        const all = this.entries.get(args.contact) ?? [];
        const below = args.before === null ? all : all.filter((entry) => entry.seq < args.before);
        return structuredClone(below.slice(-args.limit));
      }
      case "send": {
        this.#append(args.contact, { direction: "out", text: args.text, state: "queued", id: args.id });
        void this.notice("entries", { contact: args.contact, id: args.id });
        return null;
      }
      case "resend":
        void this.raise(args.contact, args.id, "queued");
        return null;
      case "looking_at":
        return null;
      case "read": {
        this.#contact(args.contact).unread = 0;
        void this.notice("contacts", { contact: args.contact });
        return null;
      }
      case "rename":
        this.#contact(args.contact).name = args.name;
        void this.notice("contacts");
        return null;
      case "mute":
        this.#contact(args.contact).muted = args.muted;
        void this.notice("contacts");
        return null;
      case "mediated_only":
        this.#contact(args.contact).mediated_only = args.on;
        void this.notice("contacts");
        return null;
      case "block":
        this.#contact(args.contact).state = args.blocked ? "blocked" : "connected";
        void this.notice("contacts");
        return null;
      case "delete":
        this.contacts = this.contacts.filter((contact) => contact.contact !== args.contact);
        void this.notice("contacts");
        return null;
      case "end":
        Object.assign(this.#contact(args.contact), { state: "ended", reason: "You ended this relationship." });
        void this.notice("contacts");
        return null;
      case "request":
        if (args.accept) this.#contact(args.contact).state = "connected";
        else this.contacts = this.contacts.filter((contact) => contact.contact !== args.contact);
        void this.notice("contacts");
        return null;
      case "invite": {
        const invitation: InvitationView = {
          id: crypto.randomUUID(),
          url: `signet://invitation?_oob=eyJ0eXBlIjoiaHR0cHM6Ly9kaWRjb21tLm9yZy9vdXQtb2YtYmFuZC8yLjAvaW52aXRhdGlvbiIs${"aWQiOiI".repeat(60)}`,
          svg: sampleCode(),
          expires: args.expires_hours === null ? null : Date.now() + args.expires_hours * 3_600_000,
          reusable: args.reusable,
          note: args.note,
          created: Date.now(),
          state: "open",
          answered_by: null,
        };
        this.invitations = [invitation, ...this.invitations];
        return invitation;
      }
      case "invitations":
        return structuredClone(this.invitations);
      case "revoke":
        this.invitations = this.invitations.filter((invitation) => invitation.id !== args.id);
        void this.notice("invitations");
        return null;
      case "accept_link":
        if (!String(args.link).includes("_oob")) throw { sentence: "This is no invitation link." };
        return this.#accept("Clara");
      case "accept_picture":
        return this.#accept("Clara");
      case "rotate": {
        const all = this.contacts.filter((contact) => contact.state === "connected");
        const waiting = all.filter((contact) => !contact.online).map(({ contact, name }) => ({ contact, name }));
        this.rotation = { total: all.length, confirmed: all.length - waiting.length, waiting };
        for (const contact of all) contact.rotation = contact.online ? "settled" : "announcing";
        void this.notice("rotation");
        return { started: all.length };
      }
      case "rotation":
        return this.rotation;
      case "export":
        return { entries: 48_211, path: "/home/jonas/Documents/Alice Moreau.html" };
      case "backup":
        return { path: "/home/jonas/Documents/Signet backup" };
      case "network":
        return this.network;
      case "mediators":
        return structuredClone(this.mediators);
      case "add_mediator": {
        if (!/^did:|_oob/.test(args.place)) throw { sentence: "This is neither a mediator's link nor a DID." };
        return this.#addMediator();
      }
      case "add_mediator_in_picture":
        return this.#addMediator();
      case "remove_mediator":
        this.mediators = this.mediators.filter((mediator) => mediator.did !== args.did);
        void this.notice("mediators");
        return null;
      case "set_setting":
        this.settings = { ...this.settings, [args.key]: args.value };
        return null;
    }
  }
}

/** Plays the scene the address asks for: `?scene=first-run`, `locked`, `empty`, `offline`, `rotating`. */
export function play(wish: URLSearchParams): Mock {
  const mock = new Mock();
  const theme = wish.get("theme");
  if (theme === "light" || theme === "dark") mock.settings.theme = theme;
  if (theme) document.documentElement.dataset.theme = theme;
  switch (wish.get("scene")) {
    case "first-run":
      mock.profile = NOBODY;
      mock.contacts = [];
      break;
    case "locked":
      mock.profile = LOCKED;
      break;
    case "empty":
      mock.contacts = [];
      mock.network = { ...mock.network, state: "alone", peers: 0, sentence: "You can be reached. Nobody is connected at the moment." };
      break;
    case "offline":
      mock.network = { ...mock.network, state: "offline", peers: 0, sentence: "No network. Messages wait here and leave when a way opens." };
      break;
    case "mediators":
      mock.mediators = [
        sampleMediator("https://kiesel.example/", "granted"),
        sampleMediator("https://a-rather-long-name-of-a-repair-cafe.neighbourhood.example/", "not answering"),
        sampleMediator("https://old.example/", "leaving"),
        sampleMediator("https://attic.example/", "away"),
        sampleMediator("https://empty.example/", "empty"),
        sampleMediator("https://club.example/", "refused"),
      ];
      break;
    default:
  }
  mock.install();
  if (wish.get("scene") === "rotating") mock.answer("rotate", { contacts: null });
  // Own messages travel by themselves, so that a click in the browser shows every state.
  const answer = mock.answer.bind(mock);
  mock.answer = (name, args) => {
    const result = answer(name, args);
    if (name === "send") {
      const { contact, id } = args as Commands["send"][0];
      setTimeout(() => void mock.raise(contact, id, "sent"), 600);
      setTimeout(() => void mock.raise(contact, id, "delivered"), 1400);
    }
    return result;
  };
  Object.assign(window, { mock });
  return mock;
}
