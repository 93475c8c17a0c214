/**
 * What the window says, through Fluent. The words live in `assets/locales`, one file per screen,
 * shared with the tray and the notifications.
 */
import { FluentBundle, type FluentResource, type FluentVariable } from "@fluent/bundle";

const files = import.meta.glob<FluentResource>("../../../assets/locales/en/*.ftl", { import: "default", eager: true });

const bundle = new FluentBundle("en");
for (const [path, words] of Object.entries(files)) {
  for (const fault of bundle.addResource(words)) {
    throw new Error(`${path}: ${fault.message}`);
  }
}

/** The sentence with this key. A missing key throws: the tests look for every one. */
export function t(key: string, args?: Record<string, FluentVariable>): string {
  const [id = key, attribute] = key.split(".");
  const message = bundle.getMessage(id);
  const pattern = attribute === undefined ? message?.value : message?.attributes[attribute];
  if (!pattern) throw new Error(`no text for ${key}`);
  const faults: Error[] = [];
  const text = bundle.formatPattern(pattern, args, faults);
  if (faults.length > 0) throw new Error(`${key}: ${faults[0]?.message}`);
  return text;
}

/** Whether there is a sentence with this key. */
export function has(key: string): boolean {
  return bundle.hasMessage(key);
}
