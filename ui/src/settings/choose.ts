/** Changing a setting: shown at once, taken back if the backend refuses. */
import { ask } from "../lib/api";
import type { Settings } from "../lib/bindings/Settings";
import { session } from "../lib/session.svelte";

export async function choose<Key extends keyof Settings>(key: Key, value: Settings[Key]): Promise<void> {
  const before = session.settings;
  if (!before) return;
  session.settings = { ...before, [key]: value };
  if (key === "theme") session.theme(session.settings.theme);
  if (await session.attempt(() => ask("set_setting", { key, value }))) return;
  session.settings = before;
  session.theme(before.theme);
}
