import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import { session } from "../src/lib/session.svelte";
import { sampleMediator } from "../src/sample";
import { asked, choose, click, open, type } from "./window";

const plain = (element: HTMLElement) => (element.textContent ?? "").replaceAll(/[\u2066-\u2069]/g, "").replaceAll(/\s+/g, " ").trim();

describe("a conversation", () => {
  test("shows a message as waiting until somebody else has it, then as delivered", async () => {
    const mock = await open();
    await choose("tomas");

    await type("composer", "See you there");
    await fireEvent.keyDown(screen.getByTestId("composer"), { key: "Enter" });

    const entry = (await screen.findByText("See you there", { selector: "[data-testid=entry-text]" })).closest("[data-testid=entry]")!;
    expect(entry).toHaveAttribute("data-state", "queued");
    expect(entry).toHaveClass("waiting");
    expect(screen.getByTestId("composer")).toHaveValue("");

    const { id } = asked(mock, "send")[0]!;
    await mock.raise("tomas", id, "sent");
    await waitFor(() => expect(screen.getByTestId("sent-state")).toHaveTextContent("Sent directly, not opened yet."));
    await mock.raise("tomas", id, "delivered");
    expect(await screen.findByTestId("delivered-state")).toHaveTextContent("Delivered, directly");
    expect(document.querySelector(`[data-id="${id}"]`)).toHaveClass("sealed");
  });

  test("keeps Shift Enter for a new line and Enter of an input method for itself", async () => {
    const mock = await open();
    await choose("tomas");

    await type("composer", "first");
    await fireEvent.keyDown(screen.getByTestId("composer"), { key: "Enter", shiftKey: true });
    await fireEvent.keyDown(screen.getByTestId("composer"), { key: "Enter", isComposing: true });

    expect(asked(mock, "send")).toEqual([]);
    expect(screen.getByTestId("composer")).toHaveValue("first");
  });

  test("gives the words back when sending is refused", async () => {
    await open((mock) => (mock.refusals.send = "The disk is full."));
    await choose("tomas");

    await type("composer", "precious words");
    await click("send");

    expect(await screen.findByTestId("send-error")).toHaveTextContent("The disk is full.");
    expect(screen.getByTestId("composer")).toHaveValue("precious words");
  });

  test("keeps a draft while one looks elsewhere, and shows it in the list", async () => {
    await open();
    await choose("tomas");
    await type("composer", "I was thinking");

    await choose("bob");
    const row = screen.getAllByTestId("conversation-row").find((one) => one.dataset.contact === "tomas")!;
    expect(plain(row)).toContain("Draft: I was thinking");

    await choose("tomas");
    expect(screen.getByTestId("composer")).toHaveValue("I was thinking");
  });

  test("takes in what arrives, says it once to a screen reader, and marks it read", async () => {
    const mock = await open();
    await choose("tomas");

    await mock.receive("tomas", "The door is open");

    expect(await screen.findByText("The door is open", { selector: "[data-testid=entry-text]" })).toBeInTheDocument();
    expect(await screen.findByText("Tomás Ó Briain: The door is open", { selector: "[aria-live=polite]" })).toBeInTheDocument();
    await waitFor(() => expect(asked(mock, "read").at(-1)).toEqual({ contact: "tomas", up_to: 2 }), { timeout: 2_000 });
  });

  test("mounts one page, however long the history is", async () => {
    const mock = await open();
    mock.contacts.find((contact) => contact.contact === "bob")!.unread = 0;
    await session.pullContacts();
    expect(mock.entries.get("bob")!.length).toBeGreaterThan(600);

    await choose("bob");

    expect(screen.getAllByTestId("entry").length).toBeLessThanOrEqual(400);
    expect(asked(mock, "history").every((one) => one.limit <= 60)).toBe(true);
  });

  test("sends a failed message again", async () => {
    const mock = await open();
    await choose("alice");

    expect(plain(screen.getByTestId("failed-state"))).toContain("Not sent. No way to Alice opened for 30 days.");
    await click("resend");

    expect(asked(mock, "resend")).toEqual([{ contact: "alice", id: "alice-2" }]);
    await waitFor(() => expect(screen.queryByTestId("failed-state")).toBeNull());
  });

  test("says what the house has to say", async () => {
    await open();
    await choose("alice");

    const lines = screen.getAllByTestId("house-line").map(plain);
    expect(lines[0]).toBe("You and Alice Moreau are connected.");
    expect(lines[1]).toContain("Alice Moreau changed identity, confirmed by the previous one.");
  });

  test("shows a message's way and proof on demand", async () => {
    await open();
    await choose("alice");

    await fireEvent.keyDown(document.querySelector('[data-id="alice-8"]')!, { key: "Enter", altKey: true });

    const dialog = await screen.findByTestId("message-details");
    expect(await within(dialog).findByTestId("message-proof")).toHaveTextContent(/Signed by .*Alice Moreau.*: anyone can check it/);
    expect(within(dialog).getByTestId("message-route")).toHaveTextContent("Directly");
    await click("technical");
    expect(screen.getByTestId("technical-details")).toHaveTextContent("ECDH-1PU+A256KW");
  });

  test("shows where a link leads before anything follows it", async () => {
    await open();
    await choose("bob");

    await fireEvent.click(screen.getAllByText("https://repair.example/pump")[0]!);

    expect(plain(await screen.findByTestId("link-dialog"))).toContain("It leads to repair.example.");
  });

  test("asks before it ends, and lets nobody write afterwards", async () => {
    const mock = await open();
    await choose("tomas");
    await click("toggle-details");
    await click("end");

    expect(asked(mock, "end")).toEqual([]);
    expect(plain(await screen.findByTestId("confirm"))).toContain("Neither of you can write afterwards.");
    await click("confirm-yes");

    expect(await screen.findByTestId("standstill")).toHaveTextContent("You ended this relationship.");
    expect(screen.queryByTestId("composer")).toBeNull();
  });

  test("gives a contact another name", async () => {
    const mock = await open();
    await choose("tomas");
    await click("toggle-details");
    await click("rename");
    await type("rename-field", "Tomás, library");
    await click("rename-save");

    expect(asked(mock, "rename")).toEqual([{ contact: "tomas", name: "Tomás, library" }]);
    expect(plain(await screen.findByTestId("told-name"))).toBe("Calls themselves “Tomás Ó Briain”");
  });

  test("asks whether a stranger may write", async () => {
    const mock = await open();
    await choose("sam");

    expect(plain(await screen.findByTestId("request"))).toContain("“Sam” would like to write to you, by the invitation “Repair Café, poster”.");
    expect(screen.queryByTestId("composer")).toBeNull();
    await click("request-accept");

    expect(asked(mock, "request")).toEqual([{ contact: "sam", accept: true }]);
    expect(await screen.findByTestId("composer")).toBeInTheDocument();
  });
});

describe("an invitation", () => {
  test("is there at once, and says who has answered", async () => {
    const mock = await open();
    await click("new-contact");

    const link = await screen.findByTestId("invite-link");
    await waitFor(() => expect((link as HTMLInputElement).value).toMatch(/^signet:\/\/invitation\?_oob=/));
    expect(screen.getByTestId("invite-qr").querySelector("svg path")).not.toBeNull();
    expect(asked(mock, "invite")).toEqual([{ reusable: false, expires_hours: 168, note: null }]);
    expect(screen.getByTestId("invite-state")).toHaveTextContent("Nobody has answered yet. You may close this window.");

    mock.invitations[0] = { ...mock.invitations[0]!, state: "used", answered_by: "clara" };
    mock.contacts.find((contact) => contact.contact === "clara")!.name = "Clara";
    await mock.notice("contacts");

    await waitFor(() => expect(plain(screen.getByTestId("invite-state"))).toContain("Clara has answered."));
    await click("invite-open");
    expect(session.selected).toBe("clara");
  });

  test("made anew takes the one back that nobody can have", async () => {
    const mock = await open();
    await click("new-contact");
    await waitFor(() => expect(mock.invitations).toHaveLength(1));
    const first = mock.invitations[0]!.id;

    await click("invite-reusable");

    await waitFor(() => expect(asked(mock, "revoke")).toEqual([{ id: first }]));
    expect(asked(mock, "invite").at(-1)).toEqual({ reusable: true, expires_hours: 168, note: null });
  });

  test("that was copied stays open when another is made", async () => {
    const mock = await open();
    await click("new-contact");
    await waitFor(() => expect(screen.getByTestId("invite-copy")).toBeEnabled());

    await click("invite-copy");
    await click("invite-reusable");

    await waitFor(() => expect(mock.invitations).toHaveLength(2));
    expect(asked(mock, "revoke")).toEqual([]);
    expect(await screen.findByTestId("open-invitations")).toHaveTextContent("For one person");
  });

  test("pasted as a link opens the conversation", async () => {
    const mock = await open();
    await click("new-contact");
    await click("tab-scan");
    await type("scan-link", " signet://invitation?_oob=abc ");
    await click("scan-accept");

    await waitFor(() => expect(session.contact?.name).toBe("Clara"));
    expect(asked(mock, "accept_link")).toEqual([{ link: "signet://invitation?_oob=abc", note: null }]);
    expect(await screen.findByText("Waiting for an answer")).toBeInTheDocument();
  });

  test("that is none is refused in one sentence, and the link stays", async () => {
    await open();
    await click("new-contact");
    await click("tab-scan");
    await type("scan-link", "hello");
    await click("scan-accept");

    expect(await screen.findByTestId("scan-error")).toHaveTextContent("This is no invitation link.");
    expect(screen.getByTestId("scan-link")).toHaveValue("hello");
  });

  test("as a picture goes to the backend as bytes", async () => {
    const mock = await open();
    await click("new-contact");
    await click("tab-scan");
    const file = new File([new Uint8Array([137, 80, 78, 71])], "code.png", { type: "image/png" });
    await fireEvent.change(screen.getByTestId("scan-file"), { target: { files: [file] } });

    await waitFor(() => expect(session.contact?.name).toBe("Clara"));
    const [bytes] = asked(mock, "accept_picture");
    expect([...bytes!]).toEqual([137, 80, 78, 71]);
  });

  test("not found in a picture is told in the backend's sentence", async () => {
    await open((mock) => (mock.refusals.accept_picture = "There is no invitation in this picture."));
    await click("new-contact");
    await click("tab-scan");
    const file = new File([new Uint8Array(3)], "cat.png", { type: "image/png" });
    const drop = screen.getByTestId("scan-drop");
    await fireEvent.drop(drop, { dataTransfer: { files: [file], getData: () => "" } });

    expect(await screen.findByTestId("scan-error")).toHaveTextContent("There is no invitation in this picture.");
  });
});

describe("the settings", () => {
  test("ask before all identities are renewed, then show who has confirmed", async () => {
    const mock = await open();
    await click("settings");
    await click("settings-identities");
    await click("rotate-all");

    expect(asked(mock, "rotate")).toEqual([]);
    expect(await screen.findByTestId("rotate-all-sentence")).toHaveTextContent(
      "Each old identity confirms the new one. Nobody has to do anything, and no conversation is lost.",
    );
    await click("rotate-all-confirm");

    expect(plain(await screen.findByTestId("rotation-sentence"))).toBe("3 of 12 contacts have confirmed.");
    expect(asked(mock, "rotate")).toEqual([{ contacts: null }]);
    expect(screen.getByTestId("rotate-all")).toBeDisabled();

    mock.rotation = { total: 12, confirmed: 12, waiting: [] };
    await mock.notice("rotation");
    await waitFor(() => expect(plain(screen.getByTestId("rotation-sentence"))).toBe("All 12 contacts have confirmed your new identities."));
  });

  test("add a mediator, see how it does, and leave it", async () => {
    const mock = await open();
    await click("settings");
    await click("settings-mediators");
    expect(await screen.findByTestId("mediators-none")).toHaveTextContent("No mediator yet");

    await fireEvent.input(screen.getByTestId("mediator-place"), { target: { value: "https://mail.example.org/?_oob=abc" } });
    await click("mediator-add");
    const row = await screen.findByTestId("mediator");
    expect(row).toHaveTextContent("mail.example.org");
    expect(row).toHaveTextContent("Answering");
    expect(plain(row)).toContain("It knows 17 identities of yours, and that they are one person’s.");
    await waitFor(() => expect(screen.getByTestId("mediator-place")).toHaveValue(""));
    expect(asked(mock, "add_mediator")).toEqual([{ place: "https://mail.example.org/?_oob=abc" }]);

    await click("mediator-leave");
    await screen.findByTestId("mediators-none");
  });

  test("add a mediator by a picture of its code, chosen or pasted", async () => {
    const mock = await open();
    await click("settings");
    await click("settings-mediators");
    const file = new File([new Uint8Array([137, 80, 78, 71])], "code.png", { type: "image/png" });
    const chooser = await screen.findByTestId("mediator-file");
    await fireEvent.change(chooser, { target: { files: [file] } });
    await screen.findByTestId("mediator");
    await click("mediator-leave");
    await screen.findByTestId("mediators-none");
    await fireEvent.paste(window, { clipboardData: { files: [file] } });

    await screen.findByTestId("mediator");
    expect(asked(mock, "add_mediator_in_picture")).toEqual([new Uint8Array([137, 80, 78, 71]), new Uint8Array([137, 80, 78, 71])]);
  });

  test("keep what was typed when it is no mediator", async () => {
    await open();
    await click("settings");
    await click("settings-mediators");
    await fireEvent.input(await screen.findByTestId("mediator-place"), { target: { value: "nonsense" } });
    await click("mediator-add");

    expect(await screen.findByTestId("toast")).toHaveTextContent("This is neither a mediator's link nor a DID.");
    expect(screen.getByTestId("mediator-place")).toHaveValue("nonsense");
  });

  test("say of each mediator how it stands", async () => {
    const states = { granted: "Answering", asking: "Asked", "not answering": "Not answering", refused: "Refused", leaving: "Leaving", empty: "Safe to remove" };
    await open((mock) => (mock.mediators = Object.keys(states).map((state) => sampleMediator(`https://${state.replace(" ", "-")}.example/`, state))));
    await click("settings");
    await click("settings-mediators");

    const rows = await screen.findAllByTestId("mediator");
    expect(rows).toHaveLength(6);
    Object.values(states).forEach((words, n) => expect(rows[n]).toHaveTextContent(words));
  });

  test("name those who have not confirmed the way around a mediator", async () => {
    await open((mock) => (mock.mediators = ["away", "leaving", "granted"].map((state) => sampleMediator(`https://${state}.example/`, state))));
    await click("settings");
    await click("settings-mediators");

    const behind = (await screen.findAllByTestId("mediator-behind")).map(plain);
    expect(behind).toEqual([
      "Not confirmed by Anna, Bartholomäus, Chiara and 2 others yet. If their software cannot follow, invite them again.",
      "Not confirmed by Anna yet. If their software cannot follow, invite them again.",
    ]);
  });

  test("export everything in the chosen form, and say where it is", async () => {
    const mock = await open();
    await click("settings");
    await click("settings-export");
    await click("export-all");
    await click("export-json");
    await click("export-go");

    expect(plain(await screen.findByTestId("toast"))).toContain("Export finished: 48 211 messages");
    expect(asked(mock, "export")).toEqual([{ contact: null, format: "json", path: null }]);
  });

  test("say nothing when a save dialog was cancelled", async () => {
    await open((mock) => (mock.refusals.backup = ""));
    await click("settings");
    await click("settings-export");
    await click("backup");

    await waitFor(() => expect(screen.getByTestId("backup")).toBeEnabled());
    expect(screen.queryByTestId("toast")).toBeNull();
  });

  test("take a choice back that the backend refuses", async () => {
    await open((mock) => (mock.refusals.set_setting = "The disk is full."));
    await click("network");
    const local = await screen.findByTestId("mdns");
    expect(local).toHaveAttribute("aria-checked", "true");
    await fireEvent.click(local);

    expect(await screen.findByTestId("toast")).toHaveTextContent("The disk is full.");
    await waitFor(() => expect(local).toHaveAttribute("aria-checked", "true"));
  });

  test("change the theme at once", async () => {
    await open();
    await click("settings");
    await click("settings-appearance");
    await click("theme-dark");
    expect(document.documentElement.dataset.theme).toBe("dark");
    await click("theme-system");
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });
});

describe("the window", () => {
  test("tells the person when the node has stopped", async () => {
    const mock = await open();

    await mock.notice("stopped", { sentence: "The disk is full. Free some space, then start Signet again." });

    expect(await screen.findByTestId("stopped")).toHaveTextContent("The disk is full. Free some space, then start Signet again.");
  });

  test("opens the conversation of a clicked notification", async () => {
    const mock = await open();
    await click("settings");

    await mock.notice("open-conversation", { contact: "bob" });

    expect(await screen.findByTestId("composer")).toHaveAttribute("placeholder", expect.stringContaining("Bob Lindqvist"));
  });

  test("says why, when the backend does not even answer", async () => {
    await open((mock) => (mock.refusals.overview = "The profile is open in another program.")).catch(() => {});

    expect(await screen.findByTestId("trouble")).toHaveTextContent("The profile is open in another program.");
  }, 10_000);

  test("goes by keyboard: Ctrl 2, Ctrl I, Esc, Ctrl N", async () => {
    await open();

    await fireEvent.keyDown(window, { key: "2", ctrlKey: true });
    expect(session.contact?.name).toBe("Bob Lindqvist");
    await fireEvent.keyDown(window, { key: "i", ctrlKey: true });
    expect(await screen.findByTestId("details")).toBeInTheDocument();
    await fireEvent.keyDown(window, { key: "Escape" });
    expect(screen.queryByTestId("details")).toBeNull();
    expect(screen.getByTestId("composer")).toHaveFocus();
    await fireEvent.keyDown(window, { key: "n", ctrlKey: true });
    expect(await screen.findByTestId("new-contact-dialog")).toBeInTheDocument();
  });

  test("mounts only the rows in sight, however many people there are", async () => {
    await open((mock) => {
      const [one] = mock.contacts;
      mock.contacts = Array.from({ length: 10_000 }, (_, index) => ({ ...one!, contact: `c${index}`, name: `Person ${index}` }));
    });

    const rows = screen.getAllByTestId("conversation-row");
    expect(rows.length).toBeLessThan(40);
    expect(rows[0]).toHaveAttribute("aria-setsize", "10000");

    rows[0]!.focus();
    await fireEvent.keyDown(rows[0]!, { key: "End" });
    await waitFor(() => expect(document.activeElement).toHaveAttribute("data-contact", "c9999"));
  });

  test("filters the list by name and by note", async () => {
    await open();
    await type("filter", "poster");
    expect(screen.getAllByTestId("conversation-row").map((row) => row.dataset.contact)).toEqual(["sam"]);
    await type("filter", "nobody at all");
    expect(screen.queryAllByTestId("conversation-row")).toEqual([]);
  });

  test("names each row in words: unread, what was said, how far it came", async () => {
    await open();
    const row = (contact: string) => screen.getAllByTestId("conversation-row").find((one) => one.dataset.contact === contact)!;

    expect(row("bob")).toHaveAccessibleName(/^Bob Lindqvist , \S?3\S? unread messages, 🍲🥖 , \d\d:\d\d$/);
    expect(row("alice")).toHaveAccessibleName(/^Alice Moreau , Waiting And bring the blue folder, please , \d\d:\d\d$/);
  });
});
