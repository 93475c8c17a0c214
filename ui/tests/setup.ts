import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/svelte";
import { afterEach } from "vitest";

// jsdom has no layout and lacks what depends on one.
Element.prototype.scrollIntoView = () => {};
Element.prototype.animate ??= () => ({ cancel() {}, finished: Promise.resolve() }) as unknown as Animation;
window.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  addEventListener() {},
  removeEventListener() {},
})) as unknown as typeof window.matchMedia;
window.ResizeObserver ??= class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};
HTMLCanvasElement.prototype.getContext = () => null;
Blob.prototype.arrayBuffer ??= function (this: Blob) {
  return new Promise<ArrayBuffer>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.onerror = () => reject(reader.error);
    reader.readAsArrayBuffer(this);
  });
};
Object.defineProperty(navigator, "clipboard", {
  configurable: true,
  value: { writeText: () => Promise.resolve(), readText: () => Promise.resolve("") },
});

afterEach(() => cleanup());

// What the window loads when it is first wanted takes a second to be compiled here, which no test waits for.
await Promise.all([
  import("../src/conversation/Chosen.svelte"),
  import("../src/conversation/ConversationMenu.svelte"),
  import("../src/dialogs/Dialogs.svelte"),
  import("../src/screens/FirstRun.svelte"),
  import("../src/screens/Lock.svelte"),
  import("../src/screens/Sheet.svelte"),
  import("../src/settings/Settings.svelte"),
]);
