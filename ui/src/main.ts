import "./styles/index.css";
import { mount } from "svelte";
import App from "./App.svelte";

/** Waited for, since whatever is drawn before is laid out twice; `index.html` has them fetched meanwhile. */
const LETTERS = '1em "Inter Variable"';

async function begin(): Promise<void> {
  // Outside Tauri (dev server, pictures) sample people answer; a production build has none of it.
  if (import.meta.env.MODE !== "production" && !("__TAURI_INTERNALS__" in window)) {
    const { play } = await import("./mock");
    play(new URLSearchParams(location.search));
  }
  await document.fonts.load(LETTERS).catch(() => {});
  const target = document.getElementById("app");
  if (target) mount(App, { target });
}

void begin();
