/** The rosette: the guilloche of banknotes, drawn from bytes, so that the same bytes look the same everywhere. */

const COPIES = [8, 10, 12, 14, 16] as const;
const LOBES = [3, 4, 5, 6] as const;
const BASES = [0.98, 0.72, 0.44] as const;
const STEPS = 180;

export type Layer = { width: number; path: string };

/** Three layers of paths around (0,0) with radius 100. */
export function rosette(bytes: readonly number[]): Layer[] {
  const byte = (at: number) => bytes[at % bytes.length] ?? 0;
  return BASES.map((base, layer) => {
    const copies = COPIES[byte(layer * 4) % COPIES.length] ?? 8;
    const lobes = LOBES[byte(layer * 4 + 1) % LOBES.length] ?? 3;
    const depth = base * (0.16 + (0.14 * byte(layer * 4 + 2)) / 255);
    const phase = (2 * Math.PI * byte(layer * 4 + 3)) / 255;
    let path = "";
    for (let copy = 0; copy < copies; copy += 1) {
      for (let step = 0; step <= STEPS; step += 1) {
        const angle = (2 * Math.PI * step) / STEPS;
        const r = 100 * (base - depth + depth * Math.cos(lobes * angle + phase + (2 * Math.PI * copy) / copies));
        path += `${step === 0 ? "M" : "L"}${(r * Math.cos(angle)).toFixed(2)} ${(r * Math.sin(angle)).toFixed(2)}`;
      }
      path += "Z";
    }
    return { width: 0.55 + layer * 0.05, path };
  });
}

/** Spreads a text over 16 bytes (FNV-1a, one lane per byte). Only for beauty: it proves nothing. */
export function bytesOf(text: string): number[] {
  return Array.from({ length: 16 }, (_, lane) => {
    let hash = 0x811c9dc5 ^ (lane * 0x9e3779b1);
    for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
    return (hash >>> 13) & 0xff;
  });
}
