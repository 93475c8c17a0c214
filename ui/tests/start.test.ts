/** How the window starts: what it asks, when, and what it makes of answers that come late. */
import { clearMocks } from "@tauri-apps/api/mocks";
import { render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, describe, expect, test, vi } from "vitest";
import App from "../src/App.svelte";
import type { Overview } from "../src/lib/bindings/Overview";
import { session } from "../src/lib/session.svelte";
import { LOCKED, Mock } from "../src/mock";
import { asked, open } from "./window";

afterEach(() => void vi.restoreAllMocks());

describe("the start", () => {
  test("draws what was asked for before the pages were read, and asks once", async () => {
    clearMocks();
    session.leave();
    const mock = new Mock().install();
    window.overview = Promise.resolve(mock.answer("overview", {}) as Overview);
    mock.asked.length = 0;

    render(App);

    expect(await screen.findAllByTestId("conversation-row")).not.toHaveLength(0);
    expect(asked(mock, "overview")).toEqual([]);
    expect(window.overview).toBeUndefined();
  });

  test("says why, when what was asked early was refused", async () => {
    clearMocks();
    session.leave();
    new Mock().install();
    window.overview = Promise.reject({ sentence: "The profile is open in another program." });

    render(App);

    expect(await screen.findByTestId("trouble")).toHaveTextContent("The profile is open in another program.");
  });

  test("takes in what changed before anybody listened", async () => {
    const mock = await open();
    const name = "Somebody of just now";
    // No notice tells of it: it was sent before the window listened.
    mock.contacts = mock.contacts.map((contact, index) => (index === 0 ? { ...contact, name } : contact));

    expect(await screen.findByText(name, {}, { timeout: 5_000 })).toBeInTheDocument();
  });

  test("takes in what changed while the answer after an unlock was on its way", async () => {
    const mock = await open();
    const before = structuredClone(mock.answer("overview", {})) as Overview;
    const name = "Somebody of just now";
    mock.profile = LOCKED;
    await mock.notice("locked");
    await screen.findByTestId("lock");

    mock.profile = before.profile;
    mock.contacts = mock.contacts.map((contact, index) => (index === 0 ? { ...contact, name } : contact));
    window.overview = Promise.resolve(before);
    await session.enter();

    expect(await screen.findByText(name, {}, { timeout: 5_000 })).toBeInTheDocument();
  });

  test("lets a refusal of an earlier question be, once a later one was answered", async () => {
    await open();
    let refuse: (reason: unknown) => void = () => {};
    window.overview = new Promise((_, reject) => (refuse = reject));

    const slow = session.enter();
    await session.enter();
    refuse({ sentence: "Too late." });

    await expect(slow).resolves.toBeUndefined();
  });

  test("does not show the conversations of an answer from before the door closed", async () => {
    const mock = await open();
    let late: (overview: Overview) => void = () => {};
    window.overview = new Promise((answer) => (late = answer));
    const early = mock.answer("overview", {}) as Overview;

    const slow = session.enter();
    mock.profile = LOCKED;
    await mock.notice("locked");
    expect(await screen.findByTestId("lock")).toBeInTheDocument();
    late(early);
    await slow;

    expect(session.profile?.state).toBe("locked");
    expect(session.contacts).toEqual([]);
  });

  test("draws the rows in sight first, and the others after the picture", async () => {
    const shown = vi.spyOn(window, "requestAnimationFrame");
    const frames: FrameRequestCallback[] = [];
    shown.mockImplementation((frame) => frames.push(frame));
    const inSight = Math.ceil(window.innerHeight / 64);

    await open((mock) => {
      const [one] = mock.contacts;
      if (one) mock.contacts = Array.from({ length: 50 }, (_, number) => ({ ...one, contact: `c${number}`, last: null }));
    });
    expect(await screen.findAllByTestId("conversation-row")).toHaveLength(inSight);

    for (const frame of frames) frame(0);
    await waitFor(() => expect(screen.getAllByTestId("conversation-row")).toHaveLength(50));
  });
});
