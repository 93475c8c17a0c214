import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("svelte-check reports a planted error, so its silence elsewhere means something", { timeout: 120_000 }, () => {
  const run = spawnSync(
    "node",
    ["node_modules/svelte-check/bin/svelte-check", "--workspace", "canary", "--tsconfig", "./tsconfig.json", "--output", "machine"],
    { encoding: "utf8" },
  );

  expect(run.status).toBe(1);
  expect(run.stdout).toContain("Planted.svelte");
  expect(run.stdout).toContain("Type 'string' is not assignable to type 'number'");
});
