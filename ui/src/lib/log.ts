/** From entries to what stands in the log: day headings, the "new" line, groups of bubbles, lines of the house. */
import type { Entry } from "./bindings/Entry";
import { graphemes } from "./names";
import { sameDay } from "./time";

/** Messages of one side within five minutes form one group. */
const GROUP = 5 * 60 * 1000;

/** A message that waits longer than this says so in words. */
export const PATIENCE = 3_000;

export type Item =
  | { kind: "day"; key: string; time: number }
  | { kind: "new"; key: string; count: number }
  | { kind: "line"; key: string; entry: Entry }
  | { kind: "message"; key: string; entry: Entry; first: boolean; last: boolean; words: boolean };

/** Where the "3 new messages" line stands: before this entry. */
export type Marker = { seq: number; count: number };

/**
 * Arranges entries, oldest first. `words` is set on the newest own message and on each own one that
 * failed or waits longer than three seconds.
 */
export function arrange(entries: readonly Entry[], marker: Marker | null, now: number): Item[] {
  const newestOwn = entries.findLast((entry) => entry.kind === "message" && entry.direction === "out");
  const items: Item[] = [];
  let previous: Entry | null = null;
  for (const [index, entry] of entries.entries()) {
    const newDay = previous === null || !sameDay(previous.time, entry.time);
    if (newDay) items.push({ kind: "day", key: `day-${entry.id}`, time: entry.time });
    const marked = marker !== null && marker.seq === entry.seq;
    if (marked) items.push({ kind: "new", key: "new", count: marker.count });
    if (entry.kind === "line") {
      items.push({ kind: "line", key: entry.id, entry });
    } else {
      const next = entries[index + 1];
      const words = entry === newestOwn || needsWords(entry, now);
      const broken = previous !== null && needsWords(previous, now);
      items.push({
        kind: "message",
        key: entry.id,
        entry,
        first: newDay || marked || broken || !together(previous, entry),
        last: words || !together(entry, next ?? null) || next?.seq === marker?.seq,
        words,
      });
    }
    previous = entry;
  }
  return items;
}

/** Whether an own message needs attention: it failed, or it waits. */
export function needsWords(entry: Entry, now: number): boolean {
  if (entry.direction !== "out" || entry.kind !== "message") return false;
  return entry.state === "failed" || (entry.state === "queued" && now - entry.time > PATIENCE);
}

function together(one: Entry | null, other: Entry | null): boolean {
  if (one === null || other === null) return false;
  return (
    one.kind === "message" &&
    other.kind === "message" &&
    one.direction === other.direction &&
    sameDay(one.time, other.time) &&
    other.time - one.time < GROUP
  );
}

/** Whether a text is nothing but one to six emoji, which then stand large and without a bubble. */
export function onlyEmoji(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > 80) return false;
  const letters = graphemes(trimmed);
  return letters.length <= 6 && letters.every((part) => /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(part));
}

export type Piece = { kind: "text" | "code" | "link"; text: string };

/** Splits a text into plain parts, `code` and links, nothing else: a message is never markup. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  const pattern = /`([^`\n]+)`|(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'])/gu;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) found.push({ kind: "text", text: text.slice(end, match.index) });
    found.push(match[1] !== undefined ? { kind: "code", text: match[1] } : { kind: "link", text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ kind: "text", text: text.slice(end) });
  return found;
}
