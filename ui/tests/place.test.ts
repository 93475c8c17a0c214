import { beforeEach, describe, expect, test } from "vitest";
import { atBottom, placeOf, restore } from "../src/lib/place";

/** A log whose entries are 50 high, laid out by hand: jsdom has no layout. */
function lay(log: HTMLElement, seqs: number[], height = 300): void {
  log.replaceChildren(
    ...seqs.map((seq) => {
      const element = document.createElement("article");
      element.dataset.seq = String(seq);
      return element;
    }),
  );
  Object.defineProperty(log, "clientHeight", { configurable: true, value: height });
  Object.defineProperty(log, "scrollHeight", { configurable: true, value: seqs.length * 50 });
  log.getBoundingClientRect = () => new DOMRect(0, 100, 400, height);
  for (const [index, element] of [...log.children].entries()) {
    element.getBoundingClientRect = () => new DOMRect(0, 100 + index * 50 - log.scrollTop, 400, 50);
  }
}

describe("the reader's place", () => {
  let log: HTMLElement;

  beforeEach(() => {
    log = document.createElement("div");
    document.body.replaceChildren(log);
  });

  test("is the first entry in sight, to the pixel", () => {
    lay(log, [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    log.scrollTop = 120;

    expect(placeOf(log)).toEqual({ seq: 13, offset: -20 });
  });

  test("stays where it was when older entries come in above", () => {
    lay(log, [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    log.scrollTop = 120;
    const place = placeOf(log)!;

    lay(log, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    restore(log, place);

    expect(log.scrollTop).toBe(620);
    expect(placeOf(log)).toEqual(place);
  });

  test("stays where it was when older entries are let go", () => {
    lay(log, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    log.scrollTop = 620;
    const place = placeOf(log)!;

    lay(log, [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    restore(log, place);

    expect(placeOf(log)).toEqual(place);
  });

  test("is given up, not guessed, when its entry is gone", () => {
    lay(log, [11, 12, 13]);

    expect(restore(log, { seq: 99, offset: 0 })).toBe(false);
    expect(log.scrollTop).toBe(0);
  });

  test("counts as the end within 40 pixels of it", () => {
    lay(log, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

    log.scrollTop = 160;
    expect(atBottom(log)).toBe(true);
    log.scrollTop = 159;
    expect(atBottom(log)).toBe(false);
  });
});
