/** The people of the pictures. Everything here is invented. */
import type { Contact } from "./lib/bindings/Contact";
import type { Entry } from "./lib/bindings/Entry";
import type { Mediator } from "./lib/bindings/Mediator";
import type { State } from "./lib/bindings/State";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const did = (letter: string) => `did:peer:4zQm${letter.repeat(43)}`;

function contact(id: string, name: string, color: number, more: Partial<Contact>): Contact {
  return {
    contact: id,
    name,
    told_name: name,
    note: null,
    state: "connected",
    reason: null,
    my_did: did("m"),
    their_did: did("t"),
    color,
    online: false,
    relayed: false,
    confirms: true,
    reachable: true,
    unread: 0,
    last: null,
    muted: false,
    mediated: true,
    mediated_only: false,
    verified: false,
    created: Date.UTC(2024, 9, 3, 12),
    time: more.last?.time ?? more.created ?? Date.UTC(2024, 9, 3, 12),
    rotation: "settled",
    ...more,
  };
}

export function sampleContacts(now: number): Contact[] {
  const at = (days: number, hour: number, minute: number) => {
    const day = new Date(now - days * DAY);
    return Math.min(day.setHours(hour, minute, 2, 0), now - MINUTE);
  };
  const theirs = (text: string, time: number) => ({ text, time, direction: "in" as const, state: null, line: null });
  const mine = (text: string, time: number, state: State) => ({ text, time, direction: "out" as const, state, line: null });
  return [
    contact("alice", "Alice Moreau", 0, {
      told_name: "Alice M.",
      last: mine("And bring the blue folder, please", now - 2 * MINUTE, "queued"),
    }),
    contact("bob", "Bob Lindqvist", 4, {
      online: true,
      unread: 3,
      last: theirs("🍲🥖", now - 4 * MINUTE),
    }),
    contact("leila", "ليلى حداد", 3, {
      online: true,
      unread: 1,
      last: theirs("شكراً جزيلاً، أراك يوم الخميس!", now - 15 * MINUTE),
    }),
    contact("wolf", "Dr. Konstantin Wolfeschlegelsteinhausen-Nakamura", 5, {
      confirms: false,
      last: mine("The minutes are attached, see item 4", now - 46 * MINUTE, "sent"),
    }),
    contact("sam", "Sam", 7, {
      state: "requested",
      note: "Repair Café, poster",
      unread: 1,
      last: null,
      created: now - 50 * MINUTE,
    }),
    contact("clara", "Clara, choir", 6, {
      state: "answering",
      told_name: null,
      confirms: false,
      created: now - 70 * MINUTE,
    }),
    contact("tomas", "Tomás Ó Briain", 2, {
      online: true,
      last: theirs("See you at the library", now - 79 * MINUTE),
    }),
    contact("hanako", "田中 花子", 6, { last: mine("🎉🥂", at(1, 20, 3), "read") }),
    contact("annelie", "Großmutter Annelie", 1, { last: theirs("The plums are ripe, come soon.", at(1, 18, 40)) }),
    contact("cafe", "Repair Café", 7, {
      muted: true,
      unread: 12,
      last: theirs("The soldering station is back.", at(3, 9, 12)),
    }),
    contact("mika", "Mika Korhonen", 3, {
      state: "disputed",
      last: theirs("I will bring the map.", at(4, 9, 30)),
    }),
    contact("sofia", "Sofia Petrova", 4, { last: theirs("Did the parcel arrive?", at(4, 8, 30)) }),
    contact("emeka", "Emeka Vance", 0, { last: mine("You were right about the train.", at(5, 8, 30), "read") }),
    contact("carol", "Carol Ihejirika", 2, {
      state: "not following",
      confirms: false,
      last: mine("Shall we say noon?", at(6, 12, 0), "sent"),
    }),
    contact("lena", "Lena Kowalczyk", 2, { last: theirs("https://repair.example/plans", at(10, 8, 30)) }),
    contact("hanna", "Hanna & Felix", 5, { last: theirs("Saturday works, we bring cake.", at(11, 8, 30)) }),
    contact("noor", "Noor Okafor", 6, {
      state: "ended",
      reason: "Noor has ended this relationship.",
      last: mine("Good luck tomorrow!", at(13, 8, 30), "read"),
    }),
  ];
}

export function sampleEntries(now: number, contacts: readonly Contact[]): Map<string, Entry[]> {
  const all = new Map<string, Entry[]>();
  for (const one of contacts) {
    const talk = TALKS[one.contact] ?? (one.last ? [[one.last.direction, (now - one.last.time) / MINUTE, one.last.text, one.last.state]] : []);
    const entries: Entry[] = [];
    for (const [who, ago, text, state, more] of talk as Talk) {
      entries.push({
        id: `${one.contact}-${entries.length + 1}`,
        seq: entries.length + 1,
        contact: one.contact,
        kind: who === "none" ? "line" : "message",
        direction: who,
        text,
        state: state ?? null,
        time: now - ago * MINUTE,
        route: who === "none" || state === "queued" || state === "failed" ? null : "direct",
        reason: null,
        my_did: one.my_did,
        their_did: one.their_did,
        reply_to: null,
        signed: false,
        proof:
          who === "in"
            ? {
                sender_kid: `${one.their_did}#key-2`,
                recipient_kid: `${one.my_did}#key-2`,
                algorithms: ["ECDH-1PU+A256KW", "A256CBC-HS512"],
                received: now - ago * MINUTE,
              }
            : null,
        line: null,
        ...more,
      });
    }
    all.set(one.contact, entries);
  }
  return all;
}

type Talk = [Entry["direction"], number, string, State?, Partial<Entry>?][];

const BACK = 24 * 60;

/** Years of a choir, so that there is something to scroll. */
const OLD: Talk = Array.from({ length: 620 }, (_, index) => [
  index % 5 < 3 ? "in" : "out",
  60 * BACK - index * 77,
  LONG(index),
  index % 5 < 3 ? undefined : "read",
]) as Talk;

function LONG(index: number): string {
  const words = "the second verse goes faster than we sang it on Tuesday and the altos know it by heart already".split(" ");
  return `${index + 1}. ${words.slice(0, 3 + ((index * 7) % 15)).join(" ")}`;
}

const TALKS: Record<string, Talk> = {
  alice: [
    ["none", 46 * BACK, "", undefined, { line: "connected" }],
    ["out", 33 * BACK, "Are you coming to the fair on Sunday?", "failed", { reason: "No way to Alice opened for 30 days." }],
    ["in", BACK + 100, "I am back! Two folded sheets are ready on Thursday."],
    ["in", BACK + 98, "And this is where I am reading the proofs."],
    ["out", BACK + 85, "Then I fetch them on the way. Save me a seat by the water.", "read"],
    ["none", BACK + 20, "", undefined, { line: "they-changed" }],
    ["in", 58, "The programme is final now, eight pages."],
    ["in", 57, "Signed messages say so next to the time.", undefined, { signed: true }],
    ["out", 45, "Listening on the tram. Page 3 is lovely.", "read"],
    ["out", 32, "We need eight copies.", "delivered"],
    ["out", 18, "I can be there at 18:30.", "sent"],
    ["out", 2, "And bring the blue folder, please", "queued", { reason: "Alice is not connected. Next attempt in 12 s." }],
  ],
  bob: [
    ...OLD,
    ["out", 54, "Did the pump arrive whole?", "read"],
    ["in", 51, "It did. One seal was missing, found a spare in the drawer."],
    ["in", 50, "Flow is now `3.2 l/min`, notes here: https://repair.example/pump"],
    ["out", 46, "That is better than new.", "read"],
    ["in", 6, "Come by on Saturday?"],
    ["in", 5, "We test the second one with the big tank, and there will be soup."],
    ["in", 4, "🍲🥖"],
  ],
  leila: [
    ["none", 2 * BACK, "", undefined, { line: "connected" }],
    ["in", 2 * BACK - 10, "شكراً جزيلاً، أراك يوم الخميس! هل أحضر القهوة؟"],
    ["in", 2 * BACK - 10, "وأيضاً: Signet 1.0 رائع جداً"],
    ["out", 2 * BACK - 14, "🎉🥂", "read"],
    ["out", 2 * BACK - 20, "Inline `alarm.ring()` and a link: https://repair.example/pump", "delivered"],
    [
      "out",
      2 * BACK - 22,
      "A very long word does not break the bubble: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.",
      "delivered",
    ],
    ["in", 15, "شكراً جزيلاً، أراك يوم الخميس!"],
  ],
  mika: [
    ["none", 90 * BACK, "", undefined, { line: "connected" }],
    ["in", 4 * BACK, "I will bring the map."],
    ["out", 30, "Which map?", "queued"],
  ],
  clara: [],
  tomas: [["none", 80, "", undefined, { line: "connected" }]],
};

/** A picture that looks like a QR code and is none. */
export function sampleCode(): string {
  const modules = 97;
  const side = modules + 8;
  let seed = 7;
  const dark = (x: number, y: number): boolean => {
    for (const [left, top] of [[0, 0], [modules - 7, 0], [0, modules - 7]] as const) {
      const dx = x - left;
      const dy = y - top;
      if (dx >= -1 && dx <= 7 && dy >= -1 && dy <= 7) {
        const ring = Math.max(Math.abs(dx - 3), Math.abs(dy - 3));
        return ring !== 2 && ring !== 4;
      }
    }
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 16) % 2 === 0;
  };
  let path = "";
  for (let y = 0; y < modules; y += 1) {
    for (let x = 0; x < modules; x += 1) if (dark(x, y)) path += `M${x + 4} ${y + 4}h1v1h-1z`;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}h-${side}z"/><path fill="#000" d="${path}"/></svg>`;
}

export function sampleMediator(url: string, state: string): Mediator {
  const serves = ["granted", "not answering", "away", "leaving"].includes(state);
  return {
    did: `did:peer:2.${url}`,
    url,
    state,
    waiting: 0,
    contacts: state === "granted" ? 9 : state === "away" ? 5 : serves ? 1 : 0,
    behind: state === "away" ? ["Anna", "Bartholomäus", "Chiara"] : state === "leaving" ? ["Anna"] : [],
    registered: serves ? 17 : 0,
    heard: Date.UTC(2026, 10, 23, 11, 4),
  };
}
