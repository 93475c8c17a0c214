/** Finding one entry by its id: there is no command for it, so pages are walked from the newest. */
import type { Entry } from "../lib/bindings/Entry";
import type { Pull } from "../lib/pages.svelte";

const PAGE = 200;

export async function find(pull: Pull, id: string): Promise<Entry | null> {
  let before: number | null = null;
  for (;;) {
    const page: Entry[] = await pull(before, PAGE);
    const entry = page.find((one) => one.id === id);
    if (entry) return entry;
    const first = page[0];
    if (page.length < PAGE || !first) return null;
    before = first.seq;
  }
}
