/** Keyboard: what the window does wherever the focus is. */

/** Cmd on macOS, Ctrl elsewhere. */
export function command(event: KeyboardEvent): boolean {
  const mac = navigator.platform.startsWith("Mac");
  return (mac ? event.metaKey : event.ctrlKey) && !event.altKey;
}

/** Whether a key press writes a letter, so that it belongs into the composer. */
export function writes(event: KeyboardEvent): boolean {
  return event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ";
}

/** Whether somebody types there already. */
export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

/** The regions that F6 steps through, in order. */
const REGIONS = ["#filter", "#conversations", "#log", "#composer", "#details"];

/** Moves the focus to the next region that is there, or the previous one. */
export function stepRegion(back: boolean): void {
  const there = REGIONS.map((region) => document.querySelector<HTMLElement>(region)).filter((region) => region !== null);
  const at = there.findIndex((region) => region.contains(document.activeElement));
  const next = there[(at + (back ? -1 : 1) + there.length) % there.length];
  const inside = next?.matches("input, textarea") ? next : next?.querySelector<HTMLElement>("[tabindex='0'], button, input, textarea");
  (inside ?? next)?.focus();
}
