import axe from "axe-core";
import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import { choose, click, open } from "./window";
import { LOCKED, type Mock, NOBODY } from "../src/mock";
import { sampleMediator } from "../src/sample";

/** Contrast and sizes need a layout; they are checked where there is one. */
const OPTIONS: axe.RunOptions = { rules: { "color-contrast": { enabled: false }, "target-size": { enabled: false } } };

async function clean(): Promise<void> {
  const { violations } = await axe.run(document.body, OPTIONS);
  expect(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

const page = (name: string) => async () => {
  await click("settings");
  await click(`settings-${name}`);
};

type Scene = { prepare?: (mock: Mock) => void; go?: () => Promise<unknown> };

const SCENES: Record<string, Scene> = {
  "the first run": { prepare: (mock) => (mock.profile = { ...NOBODY, keyring_offered: false }) },
  "the sheet": {
    prepare: (mock) => (mock.profile = NOBODY),
    go: async () => {
      const field = await screen.findByTestId<HTMLInputElement>("name-field");
      field.value = "Jonas";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await click("create-profile");
      await screen.findByTestId("sheet");
    },
  },
  "the lock": { prepare: (mock) => (mock.profile = LOCKED) },
  "nobody yet": { prepare: (mock) => (mock.contacts = []) },
  "the list": {},
  "a conversation": { go: () => choose("alice") },
  "a conversation with its details": {
    go: async () => {
      await choose("bob");
      await click("toggle-details");
    },
  },
  "a request": { go: () => choose("sam") },
  "a dispute": { go: () => choose("mika") },
  "an ended relationship": { go: () => choose("noor") },
  "an unanswered invitation": { go: () => choose("clara") },
  "offline": { prepare: (mock) => (mock.network = { ...mock.network, state: "offline" }), go: () => choose("alice") },
  "mediators in every state": {
    prepare: (mock) =>
      (mock.mediators = ["granted", "asking", "not answering", "refused", "leaving", "empty"].map((state) => sampleMediator(`https://${state.replace(" ", "-")}.example/`, state))),
    go: async () => {
      await page("mediators")();
      await screen.findAllByTestId("mediator");
    },
  },
  "an invitation to show": {
    go: async () => {
      await click("new-contact");
      await waitFor(() => expect(screen.getByTestId("invite-qr").querySelector("svg")).not.toBeNull());
    },
  },
  "an invitation to scan": {
    go: async () => {
      await click("new-contact");
      await click("tab-scan");
    },
  },
  "an export": {
    go: async () => {
      await page("export")();
      await click("export-all");
      await screen.findByTestId("export-dialog");
    },
  },
  "an ending, asked": {
    go: async () => {
      await choose("alice");
      await click("toggle-details");
      await click("end");
      await screen.findByTestId("confirm");
    },
  },
  "the DIDs": {
    go: async () => {
      await choose("alice");
      await click("toggle-details");
      await click("show-dids");
      await screen.findByTestId("dids");
    },
  },
  "the profile": { go: page("profile") },
  "the identities": {
    prepare: (mock) => (mock.rotation = { total: 9, confirmed: 7, waiting: [] }),
    go: page("identities"),
  },
  "the connection": { go: page("connection") },
  "the notifications": { go: page("notifications") },
  "the appearance": { go: page("appearance") },
  "the keyboard": { go: page("keyboard") },
};

describe("axe finds nothing on", () => {
  test.each(Object.entries(SCENES))("%s", async (_, scene) => {
    await open(scene.prepare);
    await scene.go?.();
    await clean();
  });
});
