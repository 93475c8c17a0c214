import { describe, expect, test } from "vitest";
import type { Entry } from "../src/lib/bindings/Entry";
import { arrange, onlyEmoji, pieces } from "../src/lib/log";

const NOON = new Date(2026, 10, 20, 12).getTime();
const MINUTE = 60_000;

let seq = 0;
function said(direction: "in" | "out", minutes: number, more: Partial<Entry> = {}): Entry {
  seq += 1;
  return {
    id: `m${seq}`,
    seq,
    contact: "bob",
    kind: "message",
    direction,
    text: "hello",
    state: direction === "out" ? "delivered" : null,
    time: NOON + minutes * MINUTE,
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

function shape(entries: Entry[], marker: { seq: number; count: number } | null = null, now = NOON + 60 * MINUTE): string[] {
  return arrange(entries, marker, now).map((item) =>
    item.kind === "message" ? `${item.first ? "(" : "-"}${item.entry.direction}${item.last ? ")" : "-"}${item.words ? " words" : ""}` : item.kind,
  );
}

describe("the log", () => {
  test("groups one side within five minutes, on one day", () => {
    expect(shape([said("in", 0), said("in", 4), said("in", 10), said("out", 11)])).toEqual([
      "day",
      "(in-",
      "-in)",
      "(in)",
      "(out) words",
    ]);
  });

  test("sets a heading where a day begins, and breaks the group there", () => {
    const midnight = 12 * 60;
    expect(shape([said("in", midnight - 1), said("in", midnight + 1)])).toEqual(["day", "(in)", "day", "(in)"]);
  });

  test("says in words only the newest own message, and what failed or waits", () => {
    const entries = [said("out", 0, { state: "failed" }), said("out", 10), said("out", 20, { state: "queued" }), said("out", 30)];
    expect(shape(entries)).toEqual(["day", "(out) words", "(out)", "(out) words", "(out) words"]);
  });

  test("gives a message three seconds before it says that it waits", () => {
    const entries = [said("out", 0, { state: "queued" }), said("out", 0)];
    const item = (now: number) => arrange(entries, null, now).find((one) => one.kind === "message" && one.entry === entries[0]);

    expect(item(NOON + 2_900)).toMatchObject({ words: false });
    expect(item(NOON + 3_100)).toMatchObject({ words: true });
  });

  test("marks the first unread message and breaks the group there", () => {
    const entries = [said("in", 0), said("in", 1), said("in", 2)];
    expect(shape(entries, { seq: entries[1]!.seq, count: 2 })).toEqual(["day", "(in)", "new", "(in-", "-in)"]);
  });

  test("lets the house speak between messages without joining them", () => {
    expect(shape([said("in", 0), said("in", 1, { kind: "line", direction: "none", line: "connected" }), said("in", 2)])).toEqual([
      "day",
      "(in)",
      "line",
      "(in)",
    ]);
  });
});

describe("a message", () => {
  test("of up to six emoji stands alone", () => {
    expect(onlyEmoji("🎉🥂")).toBe(true);
    expect(onlyEmoji("👩‍👩‍👧‍👦")).toBe(true);
    expect(onlyEmoji("🎉🎉🎉🎉🎉🎉🎉")).toBe(false);
    expect(onlyEmoji("🎉 tomorrow")).toBe(false);
    expect(onlyEmoji("12")).toBe(false);
    expect(onlyEmoji("")).toBe(false);
  });

  test("shows code and links, and nothing else as more than text", () => {
    expect(pieces("run `make all`, see https://repair.example/pump. <b>now</b>")).toEqual([
      { kind: "text", text: "run " },
      { kind: "code", text: "make all" },
      { kind: "text", text: ", see " },
      { kind: "link", text: "https://repair.example/pump" },
      { kind: "text", text: ". <b>now</b>" },
    ]);
    expect(pieces("javascript:alert(1)")).toEqual([{ kind: "text", text: "javascript:alert(1)" }]);
  });
});
