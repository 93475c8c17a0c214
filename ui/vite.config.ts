import { FluentResource } from "@fluent/bundle";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { locale } from "./src/lib/locale.ts";

/** Words are parsed when the window is built, and not each time it starts. */
const words: Plugin = {
  name: "words",
  transform(text, path) {
    return path.endsWith(".ftl") ? `export default ${JSON.stringify(new FluentResource(text))};` : undefined;
  },
};

/**
 * An icon is drawn as it stands. The library's component takes any attribute, and so asks every prototype of each kind
 * of SVG element what it could set, in the midst of a start.
 */
const icons: Plugin = {
  name: "icons",
  enforce: "pre",
  transform(text, path) {
    const data = /@lucide\/svelte\/dist\/icons\/[^/]+\.svelte$/.test(path) ? /const iconData = (\{.*\});/.exec(text)?.[1] : undefined;
    if (data === undefined) return undefined;
    const { node } = JSON.parse(data) as { node: [string, Record<string, string>][] };
    const parts = node.map(([tag, attributes]) => {
      const written = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`);
      return `<${tag} ${written.join(" ")} />`;
    });
    return `<script>let { size = 24, strokeWidth = 2, class: name } = $props();</script>
      <svg class={name} width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
        stroke-width={strokeWidth} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${parts.join("")}</svg>`;
  },
};

/** Short names of the locale, for `src/lib/time.ts`. */
const short = (part: "weekday" | "month", days: number[]) => {
  const format = new Intl.DateTimeFormat(locale, { [part]: "short", timeZone: "UTC" });
  // 1 January 2023 was a Sunday.
  return days.map((day) => format.format(Date.UTC(2023, 0, 1 + day)));
};
const CALENDAR = {
  weekdays: short("weekday", [0, 1, 2, 3, 4, 5, 6]),
  months: short("month", [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]),
};

/** `vite build` makes the window's files; `vite build --mode mock` makes the same with sample people, for pictures. */
export default defineConfig(({ mode }) => ({
  plugins: [icons, svelte(), words],
  define: { CALENDAR: JSON.stringify(CALENDAR) },
  clearScreen: false,
  server: { port: 5173, strictPort: true, fs: { allow: ["..", "."] } },
  // Under test the browser's half of Svelte is wanted, not the server's.
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  build: {
    outDir: mode === "mock" ? "dist-mock" : "dist",
    target: ["safari16", "chrome110"],
    // The CSP allows no data: for fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["tests/setup.ts"],
    include: ["tests/**/*.test.ts"],
    testTimeout: 20_000,
  },
}));
