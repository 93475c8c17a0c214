/** Names as avatars show them. */

/** Letters that never join with what follows them; the segmenter's tables are large, and most names do without. */
const SINGLE = /^[\x20-\x7e\xc0-\u024f]*$/;

let segmenter: Intl.Segmenter | undefined;

/** What a person takes for one letter, each. */
export function graphemes(text: string): string[] {
  if (SINGLE.test(text)) return Array.from(text);
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), (part) => part.segment);
}

/** The first grapheme of the first and of the last word. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter((word) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
  const first = words[0];
  const last = words.at(-1);
  if (!first || !last) return "?";
  // Letters that join, and whole-word characters, say more alone.
  const alone = words.length === 1 || /[\p{Script=Arabic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(first);
  const letters = alone ? [first] : [first, last];
  return letters.map(grapheme).join("").toLocaleUpperCase();
}

function grapheme(word: string): string {
  const letter = word.match(/[\p{L}\p{N}\p{Extended_Pictographic}]/u);
  const rest = letter?.index === undefined ? word : word.slice(letter.index);
  return graphemes(rest)[0] ?? rest;
}
