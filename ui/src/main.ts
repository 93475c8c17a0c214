import "./styles/index.css";
import { mount } from "svelte";
import App from "./App.svelte";

/** Waited for, since what is drawn before they are there is laid out twice; `index.html` has them fetched meanwhile. */
const LETTERS = '1em "Inter Variable"';
/** Milliseconds: a window without its letters is better than none. */
const PATIENCE = 300;

async function begin(): Promise<void> {
  // Outside Tauri (dev server, pictures) sample people answer; a production build has none of it.
  if (import.meta.env.MODE !== "production" && !("__TAURI_INTERNALS__" in window)) {
    const { play } = await import("./mock");
    play(new URLSearchParams(location.search));
  }
  const patience = new Promise((done) => setTimeout(done, PATIENCE));
  await Promise.race([document.fonts.load(LETTERS), patience]).catch(() => {});
  const target = document.getElementById("app");
  if (target) mount(App, { target });
}

void begin();
