/** Names as avatars show them. */

const segmenter = new Intl.Segmenter();

/** What a person takes for one letter, each. */
export function graphemes(text: string): string[] {
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
