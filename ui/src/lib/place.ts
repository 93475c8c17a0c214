/** Keeping the reader's place: WebKit does not anchor scrolling, so the log does it itself. */

/** Within this many pixels of the end one counts as reading the newest. */
export const NEAR = 40;

/** Whether the log shows its end. */
export function atBottom(log: HTMLElement): boolean {
  return log.scrollHeight - log.scrollTop - log.clientHeight <= NEAR;
}

/** An entry that is in sight, and how far below the log's upper edge it begins. */
export type Place = { seq: number; offset: number };

/** The first entry whose lower edge is below the log's upper edge. */
export function placeOf(log: HTMLElement): Place | null {
  const top = log.getBoundingClientRect().top;
  for (const element of log.querySelectorAll<HTMLElement>("[data-seq]")) {
    const box = element.getBoundingClientRect();
    if (box.bottom > top) return { seq: Number(element.dataset.seq), offset: box.top - top };
  }
  return null;
}

/** Scrolls so that the entry of `place` stands where it stood. */
export function restore(log: HTMLElement, place: Place): boolean {
  const element = log.querySelector<HTMLElement>(`[data-seq="${place.seq}"]`);
  if (!element) return false;
  const moved = element.getBoundingClientRect().top - log.getBoundingClientRect().top - place.offset;
  if (moved !== 0) log.scrollTop += moved;
  return true;
}
