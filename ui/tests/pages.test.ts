import { describe, expect, test } from "vitest";
import type { Entry } from "../src/lib/bindings/Entry";
import { join, MOST, PAGE, Pages, type Pull } from "../src/lib/pages.svelte";

function entry(seq: number, more: Partial<Entry> = {}): Entry {
  return {
    id: `m${seq}`,
    seq,
    contact: "bob",
    kind: "message",
    direction: "in",
    text: `message ${seq}`,
    state: null,
    time: seq * 1_000,
    route: "direct",
    reason: null,
    my_did: "",
    their_did: "",
    reply_to: null,
    signed: false,
    proof: null,
    line: null,
    ...more,
  };
}

/** A history of `count` entries that answers as the backend does. */
function history(count: number): { all: Entry[]; pull: Pull; asked: [number | null, number][] } {
  const all = Array.from({ length: count }, (_, index) => entry(index + 1));
  const asked: [number | null, number][] = [];
  const pull: Pull = async (before, limit) => {
    asked.push([before, limit]);
    return all.filter((one) => before === null || one.seq < before).slice(-limit);
  };
  return { all, pull, asked };
}

const seqs = (pages: Pages) => pages.entries.map((one) => one.seq);
const run = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("the pages of a conversation", () => {
  test("open at the newest page", async () => {
    const { pull } = history(1_000);
    const pages = new Pages(pull);

    await pages.newest();

    expect(seqs(pages)).toEqual(run(1_000 - PAGE + 1, 1_000));
    expect(pages.atEnd).toBe(true);
    expect(pages.atStart).toBe(false);
  });

  test("never hold more than 400, and never have a hole, wherever one reads", async () => {
    const { pull } = history(2_000);
    const pages = new Pages(pull);
    await pages.newest();

    while (await pages.older()) {
      expect(pages.entries.length).toBeLessThanOrEqual(MOST);
      expect(seqs(pages)).toEqual(run(pages.entries[0]!.seq, pages.entries.at(-1)!.seq));
    }
    expect(seqs(pages)[0]).toBe(1);
    expect(pages.atStart).toBe(true);
    expect(pages.atEnd).toBe(false);

    while (await pages.newer()) {
      expect(pages.entries.length).toBeLessThanOrEqual(MOST);
      expect(seqs(pages)).toEqual(run(pages.entries[0]!.seq, pages.entries.at(-1)!.seq));
    }
    expect(seqs(pages).at(-1)).toBe(2_000);
    expect(pages.atEnd).toBe(true);
  });

  test("take in what arrived at the end, each once", async () => {
    const { all, pull } = history(100);
    const pages = new Pages(pull);
    await pages.newest();

    all.push(entry(101), entry(102));
    await pages.refresh();
    await pages.refresh();

    expect(seqs(pages)).toEqual(run(100 - PAGE + 1, 102));
  });

  test("leave what is read in place while something arrives out of sight", async () => {
    const { all, pull } = history(2_000);
    const pages = new Pages(pull);
    await pages.newest();
    while (await pages.older());
    const before = seqs(pages);

    all.push(entry(2_001));
    await pages.refresh();

    expect(seqs(pages)).toEqual(before);
  });

  test("fill a gap of more than a page by paging down", async () => {
    const { all, pull } = history(100);
    const pages = new Pages(pull);
    await pages.newest();

    all.push(...run(101, 300).map((seq) => entry(seq)));
    await pages.refresh();
    expect(pages.atEnd).toBe(false);
    while (await pages.newer());

    expect(seqs(pages)).toEqual(run(100 - PAGE + 1, 300));
    expect(pages.atEnd).toBe(true);
  });

  test("pull one entry again when its state rose", async () => {
    const { all, pull, asked } = history(100);
    const pages = new Pages(pull);
    await pages.newest();
    all[79] = entry(80, { direction: "out", state: "delivered" });

    await pages.touch("m80");

    expect(asked.at(-1)).toEqual([81, 1]);
    expect(pages.entries.find((one) => one.id === "m80")?.state).toBe("delivered");
  });

  test("open around an entry where one left", async () => {
    const { pull } = history(1_000);
    const pages = new Pages(pull);

    await pages.around(500);

    expect(seqs(pages)).toContain(500);
    expect(pages.atEnd).toBe(false);
  });

  test("join two runs by sequence number, the later one winning", () => {
    const joined = join([entry(1), entry(2, { text: "old" })], [entry(2, { text: "new" }), entry(3)]);

    expect(joined.map((one) => one.text)).toEqual(["message 1", "new", "message 3"]);
  });
});
