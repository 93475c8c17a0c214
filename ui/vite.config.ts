import { FluentResource } from "@fluent/bundle";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Words are parsed when the window is built, and not each time it starts. */
const words: Plugin = {
  name: "words",
  transform(text, path) {
    return path.endsWith(".ftl") ? `export default ${JSON.stringify(new FluentResource(text))};` : undefined;
  },
};

/** `vite build` makes the window's files; `vite build --mode mock` makes the same with sample people, for pictures. */
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), words],
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
