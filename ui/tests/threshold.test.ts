import { fireEvent, screen } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import { session } from "../src/lib/session.svelte";
import { LOCKED, NOBODY } from "../src/mock";
import { asked, choose, click, open, type } from "./window";

describe("the first run", () => {
  test("asks for a name, then shows the unlock code once", async () => {
    const mock = await open((mock) => {
      mock.profile = NOBODY;
      mock.contacts = [];
    });

    await type("name-field", "  Jonas Feld ");
    await click("create-profile");

    expect(await screen.findByTestId("unlock-code")).toHaveAttribute("data-code", "K7QD 9MXE 2RTA HW4N PC8V 5YGB J3ZS");
    expect(asked(mock, "create_profile")).toEqual([{ name: "Jonas Feld", passphrase: null, in_keyring: true }]);
    const start = screen.getByTestId("sheet-done");
    expect(start).toBeDisabled();
    await click("sheet-written");
    await fireEvent.click(start);

    expect(await screen.findByText("Invite the first person")).toBeInTheDocument();
    expect(screen.queryByTestId("unlock-code")).toBeNull();
    expect(session.unlockCode).toBeNull();
  });

  test("goes nowhere without a name, and says what to do", async () => {
    const mock = await open((mock) => (mock.profile = NOBODY));

    await click("create-profile");

    expect(screen.getByText("Type a name. Any name will do.")).toBeInTheDocument();
    expect(screen.getByTestId("name-field")).toHaveAttribute("aria-invalid", "true");
    expect(asked(mock, "create_profile")).toEqual([]);
  });

  test("takes a passphrase where there is no keyring, and says what no lock means", async () => {
    const mock = await open((mock) => (mock.profile = { ...NOBODY, keyring_offered: false }));

    await type("name-field", "Jonas");
    await type("passphrase-field", "short");
    await click("create-profile");
    expect(asked(mock, "create_profile")).toEqual([]);
    expect(screen.getByText("Whoever can read your files can read your messages.")).toBeInTheDocument();

    await type("passphrase-field", "four words of mine");
    await click("create-profile");
    await screen.findByTestId("sheet");
    expect(asked(mock, "create_profile")).toEqual([{ name: "Jonas", passphrase: "four words of mine", in_keyring: false }]);
  });

  test("shows a refusal in the backend's own sentence", async () => {
    await open((mock) => {
      mock.profile = NOBODY;
      mock.refusals.create_profile = "The disk is full.";
    });

    await type("name-field", "Jonas");
    await click("create-profile");

    expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
    expect(screen.queryByTestId("sheet")).toBeNull();
  });
});

describe("the lock", () => {
  test("opens with the passphrase, and says when it is the wrong one", async () => {
    await open((mock) => (mock.profile = LOCKED));

    await type("unlock-field", "wrong");
    await click("unlock");
    expect(await screen.findByText("That is not the passphrase.")).toBeInTheDocument();

    await type("unlock-field", "open sesame");
    await click("unlock");
    expect(await screen.findByTestId("conversations")).toBeInTheDocument();
  });

  test("opens with the unlock code of the sheet", async () => {
    const mock = await open((mock) => (mock.profile = LOCKED));

    await click("lock-by-code");
    await type("unlock-field", " K7QD 9MXE ");
    await click("unlock");

    await screen.findByTestId("conversations");
    expect(asked(mock, "unlock")).toEqual([{ passphrase: null, unlock_code: "K7QD 9MXE" }]);
  });

  test("asks the keyring again where there is no passphrase", async () => {
    const mock = await open((mock) => (mock.profile = { ...LOCKED, passphrase: false, keyring: true }));

    expect(await screen.findByTestId("unlock-field")).toHaveAttribute("placeholder", "Unlock code");
    mock.refusals.unlock = "The keyring is locked.";
    await click("lock-keyring");

    expect(await screen.findByText("The keyring is locked.")).toBeInTheDocument();
    expect(asked(mock, "unlock")).toEqual([{ passphrase: null, unlock_code: null }]);
  });

  test("closes over everything when the backend locks", async () => {
    const mock = await open();
    await choose("bob");

    mock.profile = LOCKED;
    await mock.notice("locked");

    expect(await screen.findByTestId("lock")).toBeInTheDocument();
    expect(screen.queryByText("Bob Lindqvist")).toBeNull();
  });
});
