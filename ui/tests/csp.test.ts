import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const markup = [
  "index.html",
  ...readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".svelte"))
    .map((path) => join("src", path)),
];

test("no markup carries a style or a handler that a strict CSP would refuse", () => {
  expect(markup.length).toBeGreaterThan(30);
  for (const path of markup) {
    const text = readFileSync(path, "utf8").replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>/g, "");
    expect(text, path).not.toMatch(/\sstyle(:[\w-]+)?=/);
    expect(text, path).not.toMatch(/\{@html/);
    expect(text, path).not.toMatch(/\son\w+="/);
  }
  expect(readFileSync("index.html", "utf8")).not.toMatch(/<script(?![^>]*\ssrc=)/);
});

test("nothing is fetched from anywhere else", () => {
  for (const path of markup) {
    const text = readFileSync(path, "utf8");
    expect(text, path).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(text, path).not.toMatch(/url\((['"]?)https?:/);
  }
});

test("only one file talks to Tauri", () => {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((path) => /\.(ts|svelte)$/.test(path));
  const talking = sources.filter((path) => readFileSync(join("src", path), "utf8").includes("@tauri-apps/api"));
  expect(talking.sort()).toEqual(["lib/api.ts", "mock.ts"]);
});
