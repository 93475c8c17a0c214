import { describe, expect, test } from "vitest";
import type { Contact } from "../src/lib/bindings/Contact";
import type { Entry } from "../src/lib/bindings/Entry";
import { initials } from "../src/lib/names";
import { locale } from "../src/lib/locale";
import { dayHeading, rowTime } from "../src/lib/time";
import { presence, stateLine } from "../src/lib/words";
import { sampleContacts, sampleEntries } from "../src/sample";

const NOW = new Date(2026, 10, 22, 15).getTime();
const contacts = sampleContacts(NOW);
const alice = contacts.find((contact) => contact.contact === "alice")!;
const own = sampleEntries(NOW, contacts).get("alice")!.find((entry) => entry.direction === "out")!;

/** Without the marks that keep a name of another script apart. */
const plain = (text: string) => text.replaceAll(/[\u2066-\u2069]/g, "");

function line(entry: Partial<Entry>, contact: Partial<Contact> = {}): string {
  const { strong, text } = stateLine({ ...own, ...entry }, { ...alice, ...contact }, NOW);
  return plain(`${strong} ${text}`.trim());
}

describe("the line under the newest own message", () => {
  test("says why it waits", () => {
    expect(line({ state: "queued", reason: null })).toBe("Waiting for a connection.");
    expect(line({ state: "queued", reason: "Alice does not answer." })).toBe("Waiting: Alice does not answer.");
    expect(line({ state: "queued" }, { state: "disputed" })).toBe("Held: Alice Moreau’s identity is disputed.");
  });

  test("says which way it went, and how far", () => {
    expect(line({ state: "sent", route: "direct", time: NOW })).toBe("Sent directly, not opened yet.");
    expect(line({ state: "sent", route: "http", time: NOW })).toBe("Sent over the web, not opened yet.");
    expect(line({ state: "delivered", route: "direct" })).toBe("Delivered, directly");
    expect(line({ state: "delivered", route: "http" })).toBe("Delivered, over the web");
    expect(line({ state: "read", route: "direct" })).toBe("Read, sent directly");
  });

  test("says that this contact's software does not confirm, once there was time to", () => {
    const silent = { confirms: false };
    expect(line({ state: "sent", route: "http", time: NOW - 10_000 }, silent)).toBe("Sent over the web, not opened yet.");
    expect(line({ state: "sent", route: "http", time: NOW - 61_000 }, silent)).toBe("Sent. Alice Moreau’s software does not confirm.");
  });

  test("gives the whole reason of a failure", () => {
    expect(line({ state: "failed", reason: "Alice has ended this relationship." })).toBe("Not sent. Alice has ended this relationship.");
  });
});

describe("presence", () => {
  test("claims nothing that is not known", () => {
    expect(presence({ ...alice, online: true })).toBe("Online, connected directly");
    expect(presence({ ...alice, online: true, relayed: true })).toBe("Online, connected through a relay");
    expect(presence({ ...alice, online: false })).toBe("");
    expect(presence({ ...alice, reachable: false })).toBe("Names no address we can reach");
  });
});

describe("times", () => {
  test("are as near as the day", () => {
    const at = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
    expect(dayHeading(at(22, 1), NOW)).toBe("Today");
    expect(dayHeading(at(21, 23), NOW)).toBe("Yesterday");
    expect(dayHeading(new Date(2026, 9, 20, 9).getTime(), NOW)).toBe("Tuesday 20 October");
    expect(dayHeading(new Date(2025, 9, 20, 9).getTime(), NOW)).toBe("Monday 20 October 2025");
    expect(rowTime(at(22, 9), NOW)).toBe("09:00");
    expect(rowTime(at(21, 9), NOW)).toBe("Yesterday");
    expect(rowTime(at(18, 9), NOW)).toBe("Wed");
    expect(rowTime(at(9, 9), NOW)).toBe("9 Nov");
  });

  test("have the names that the locale gives them", () => {
    const now = new Date(2026, 11, 31, 12).getTime();
    const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
    for (let month = 0; month < 12; month++) {
      const time = new Date(2026, month, 1, 9).getTime();
      expect(rowTime(time, now)).toBe(date.format(time));
    }
    const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" });
    for (let day = 25; day < 30; day++) {
      const time = new Date(2026, 11, day, 9).getTime();
      expect(rowTime(time, now)).toBe(weekday.format(time));
    }
  });
});

describe("an avatar", () => {
  test("shows the first letters of the first and the last word", () => {
    expect(initials("Alice Moreau")).toBe("AM");
    expect(initials("Dr. Konstantin Wolfeschlegelsteinhausen-Nakamura")).toBe("DW");
    expect(initials("sam")).toBe("S");
    expect(initials("ليلى حداد")).toBe("ل");
    expect(initials("田中 花子")).toBe("田");
    expect(initials("  ")).toBe("?");
  });
});
