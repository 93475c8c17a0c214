/** The part of one conversation that is in memory: pages by sequence number around where the person reads. */
import type { Entry } from "./bindings/Entry";

/** Entries asked for at once. */
export const PAGE = 60;

/** Entries kept at most; what lies farther away is let go and pulled again. */
export const MOST = 400;

/** Pulls the newest `limit` entries below `before`, or of all. Oldest first. */
export type Pull = (before: number | null, limit: number) => Promise<Entry[]>;

export class Pages {
  entries = $state.raw<Entry[]>([]);
  /** Nothing older exists. */
  atStart = $state(false);
  /** Nothing newer exists: the window may stick to the bottom. */
  atEnd = $state(true);
  loaded = $state(false);
  #busy = false;

  constructor(private readonly pull: Pull) {}

  /** Opens at the newest page. */
  async newest(): Promise<void> {
    const page = await this.pull(null, PAGE);
    this.entries = page;
    this.atStart = page.length < PAGE;
    this.atEnd = true;
    this.loaded = true;
  }

  /** Opens with the entry `seq` in the middle. */
  async around(seq: number): Promise<void> {
    const page = await this.pull(seq + PAGE / 2, PAGE);
    const newest = await this.pull(null, 1);
    this.entries = page;
    this.atStart = page.length < PAGE;
    this.atEnd = (newest.at(-1)?.seq ?? 0) <= (page.at(-1)?.seq ?? 0);
    this.loaded = true;
  }

  /** One page further up; lets go of the newest ones beyond `MOST`. Says whether anything came. */
  async older(): Promise<boolean> {
    const first = this.entries[0];
    if (this.#busy || this.atStart || !first) return false;
    this.#busy = true;
    try {
      const page = await this.pull(first.seq, PAGE);
      if (page.length < PAGE) this.atStart = true;
      const all = join(page, this.entries);
      if (all.length > MOST) this.atEnd = false;
      this.entries = all.slice(0, MOST);
      return page.length > 0;
    } finally {
      this.#busy = false;
    }
  }

  /** One page further down; lets go of the oldest ones beyond `MOST`. */
  async newer(): Promise<boolean> {
    const last = this.entries.at(-1);
    if (this.#busy || this.atEnd || !last) return false;
    this.#busy = true;
    try {
      const page = await this.pull(last.seq + PAGE + 1, PAGE);
      const fresh = page.filter((entry) => entry.seq > last.seq);
      const all = join(this.entries, fresh);
      if (all.length > MOST) this.atStart = false;
      this.entries = all.slice(-MOST);
      if (fresh.length === 0) this.atEnd = true;
      return fresh.length > 0;
    } finally {
      this.#busy = false;
    }
  }

  /** Pulls again what may have changed at the end. Older entries stay as they are. */
  async refresh(): Promise<void> {
    const page = await this.pull(null, PAGE);
    const last = this.entries.at(-1);
    const first = page[0];
    if (!last || !first || !this.atEnd) {
      if (!last) {
        this.entries = page;
        this.atStart = page.length < PAGE;
      }
      this.loaded = true;
      return;
    }
    // More than a page has come since: the gap is filled by paging down.
    if (page.length === PAGE && first.seq > last.seq + 1 && !page.some((entry) => entry.seq === last.seq)) {
      this.atEnd = false;
      return;
    }
    const all = join(this.entries.filter((entry) => entry.seq < first.seq), page);
    if (all.length > MOST) this.atStart = false;
    this.entries = all.slice(-MOST);
  }

  /** Pulls one entry again, because its state rose. */
  async touch(id: string): Promise<void> {
    const known = this.entries.find((entry) => entry.id === id);
    if (!known) return;
    const [entry] = await this.pull(known.seq + 1, 1);
    if (entry?.id !== id) return this.again();
    this.entries = this.entries.map((other) => (other.id === id ? entry : other));
  }

  /** Pulls the whole window again. */
  async again(): Promise<void> {
    const last = this.entries.at(-1);
    if (!last) return this.refresh();
    this.entries = await this.pull(last.seq + 1, Math.max(this.entries.length, PAGE));
  }
}

/** Joins two runs of entries, each once, by sequence number. */
export function join(one: readonly Entry[], other: readonly Entry[]): Entry[] {
  const bySeq = new Map<number, Entry>();
  for (const entry of one) bySeq.set(entry.seq, entry);
  for (const entry of other) bySeq.set(entry.seq, entry);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
