/** Opens the whole window over a stand-in backend, the way the tests look at it. */
import { clearMocks } from "@tauri-apps/api/mocks";
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import App from "../src/App.svelte";
import type { Commands } from "../src/lib/api";
import { session } from "../src/lib/session.svelte";
import { Mock } from "../src/mock";

/** Starts the window; `prepare` may change the backend first. */
export async function open(prepare: (mock: Mock) => void = () => {}): Promise<Mock> {
  clearMocks();
  session.leave();
  const mock = new Mock();
  prepare(mock);
  mock.install();
  render(App);
  await waitFor(() => {
    if (session.profile === null) throw new Error("the window has not asked yet");
  });
  return mock;
}

/** Chooses a conversation and waits for its log. */
export async function choose(contact: string): Promise<void> {
  const row = await waitFor(() => {
    const rows = screen.getAllByTestId("conversation-row");
    const found = rows.find((element) => element.dataset.contact === contact);
    if (!found) throw new Error(`no row for ${contact}`);
    return found;
  });
  await fireEvent.click(row);
  await waitFor(() => {
    if (screen.getByTestId("log").getAttribute("aria-busy") !== "false") throw new Error("the log is still empty");
  });
}

/** Clicks what carries this test id. */
export async function click(testid: string): Promise<void> {
  await fireEvent.click(await screen.findByTestId(testid));
}

/** Types into what carries this test id. */
export async function type(testid: string, text: string): Promise<void> {
  const field = await screen.findByTestId<HTMLInputElement>(testid);
  await fireEvent.input(field, { target: { value: text } });
}

/** What a command was asked with, oldest first. */
export function asked<Name extends keyof Commands>(mock: Mock, name: Name): Commands[Name][0][] {
  return mock.asked.filter((one) => one.name === name).map((one) => one.args as Commands[Name][0]);
}
