import "./styles/index.css";
import { mount } from "svelte";
import App from "./App.svelte";

/** Fetched now, and not when the first letter is drawn: it would be drawn twice. */
const LETTERS = '1em "Inter Variable"';

async function begin(): Promise<void> {
  // Outside Tauri (dev server, pictures) sample people answer; a production build has none of it.
  if (import.meta.env.MODE !== "production" && !("__TAURI_INTERNALS__" in window)) {
    const { play } = await import("./mock");
    play(new URLSearchParams(location.search));
  }
  void document.fonts.load(LETTERS);
  const target = document.getElementById("app");
  if (target) mount(App, { target });
}

void begin();
