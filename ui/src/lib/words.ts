/** The words of a delivery state, of a contact's presence and of a line of the house: shared/ui §6 and §8. */
import type { Contact } from "./bindings/Contact";
import type { Entry } from "./bindings/Entry";
import type { State } from "./bindings/State";
import { has, t } from "./texts";

/** How long a contact who has never confirmed anything gets before the window says so. */
const CONFIRMS_WITHIN = 60_000;

/** A state in one or two words, for glyphs and labels. */
export function stateName(state: State): string {
  return t(`state-${state}`);
}

/** The way that an own message took. */
export function way(entry: Entry): "direct" | "relayed" | "http" | "mediator" {
  return entry.route === "http" || entry.route === "mediator" || entry.route === "relayed" ? entry.route : "direct";
}

/** What the line under an own message says. `strong` stands before it in bold. */
export function stateLine(entry: Entry, contact: Contact, now: number): { strong: string; text: string } {
  const name = contact.name;
  const plain = (text: string) => ({ strong: "", text });
  switch (entry.state) {
    case "queued":
      if (contact.state === "disputed") return plain(t("line-held", { name }));
      return plain(entry.reason ? t("line-waiting", { reason: entry.reason }) : t("line-waiting-connection"));
    case "sent":
      if (!contact.confirms && now - entry.time > CONFIRMS_WITHIN) return plain(t("line-sent-final", { name }));
      return plain(t(`line-sent-${way(entry)}`));
    case "delivered":
      if (entry.route === null) return plain(t("line-delivered"));
      return plain(t(`line-delivered-${way(entry)}`));
    case "read":
      if (entry.route === null) return plain(t("line-read"));
      return plain(t(`line-read-${way(entry)}`));
    case "failed":
      return { strong: t("line-failed"), text: entry.reason ?? "" };
    case null:
      return plain("");
  }
}

/** What the header says under the name: only what is known. */
export function presence(contact: Contact): string {
  switch (contact.state) {
    case "requested":
      return t("presence-requested");
    case "answering":
      return t("presence-answering");
    case "ended":
      return t("presence-ended");
    case "blocked":
      return t("presence-blocked");
    default:
      if (contact.online) return t(contact.relayed ? "presence-relayed" : "presence-online");
      return contact.reachable ? "" : t("presence-unreachable");
  }
}

/** The sentence of a line of the house; kinds without words of their own say it in the backend's. */
export function houseLine(said: { line: string | null; text: string }, contact: Contact): string {
  const key = `house-${said.line ?? ""}`;
  return has(key) ? t(key, { name: contact.name }) : said.text;
}

/** The sentence of a state of a contact, for the details. */
export function contactState(contact: Contact): string {
  return t(`contact-${contact.state.replace(" ", "-")}`, { name: contact.name });
}
