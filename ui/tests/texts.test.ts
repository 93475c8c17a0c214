import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { has, t } from "../src/lib/texts";

const sources = files("src", /\.(ts|svelte)$/).filter((path) => !path.includes("bindings"));
const locales = files("../assets/locales/en", /\.ftl$/);

function files(folder: string, wanted: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => wanted.test(path))
    .map((path) => join(folder, path));
}

/** Keys as written: whole ones, and patterns of those with a part that is filled in. */
function used(): { whole: Set<string>; patterns: RegExp[] } {
  const whole = new Set<string>();
  const patterns = new Map<string, RegExp>();
  for (const path of sources) {
    const text = readFileSync(path, "utf8");
    for (const [, key] of text.matchAll(/\bt\(\s*"([^"]+)"/g)) whole.add(key!);
    for (const [, key] of text.matchAll(/\bt\(\s*`([^`]+)`/g)) {
      patterns.set(key!, new RegExp(`^${key!.replace(/\$\{[^}]*\}/g, "[a-z-]+")}$`));
    }
    for (const [, key] of text.matchAll(/=\s*`(house-)\$\{/g)) patterns.set(key!, new RegExp(`^${key}[a-z-]+$`));
    // Two keys to choose from within one call.
    for (const [, first, second] of text.matchAll(/\?\s*"([a-z-]+)"\s*:\s*"([a-z-]+)"\s*\)/g)) {
      for (const key of [first!, second!]) if (has(key)) whole.add(key);
    }
  }
  return { whole, patterns: [...patterns.values()] };
}

const keys = locales.flatMap((path) => [...readFileSync(path, "utf8").matchAll(/^([a-z][a-z0-9-]*) =/gm)].map((match) => match[1]!));

describe("the words of the window", () => {
  test("every key that is used exists", () => {
    const { whole, patterns } = used();
    expect(whole.size).toBeGreaterThan(150);
    expect([...whole].filter((key) => !has(key))).toEqual([]);
    expect(patterns.filter((pattern) => !keys.some((key) => pattern.test(key))).map(String)).toEqual([]);
  });

  test("every key that exists is used, and stands once", () => {
    const { whole, patterns } = used();
    expect(keys.filter((key) => !whole.has(key) && !patterns.some((pattern) => pattern.test(key)))).toEqual([]);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  test("a missing key is an error, not an empty place", () => {
    expect(() => t("no-such-words")).toThrow("no text for no-such-words");
  });

  test("no sentence shouts, begs or jokes", () => {
    for (const path of locales) {
      const text = readFileSync(path, "utf8").replaceAll(/^#.*$/gm, "");
      expect(text, path).not.toMatch(/!|\bplease\b|\boops\b|successfully/i);
    }
  });
});
