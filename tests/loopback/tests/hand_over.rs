//! One profile, several processes; and what leaves a profile as a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by panicking"
)]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use serde_json::{Value, json};
use signet_loopback::{Person, acquainted};

fn one(told: &signet_loopback::Told) -> Value {
    assert_eq!(told.status, Some(0), "{told:?}");
    serde_json::from_str(&told.out).unwrap()
}

#[test]
fn a_command_is_handed_over_to_the_process_that_holds_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();

    let sent = alice
        .types(&[
            "--json",
            "send",
            "Bob",
            "typed elsewhere",
            "--wait",
            "delivered",
        ])
        .unwrap();
    let piped = alice
        .types_with(&["send", "Bob", "-"], None, "from a pipe\nof two lines\n")
        .unwrap();
    bob.until_received(&to_alice, &["typed elsewhere", "from a pipe\nof two lines"])
        .unwrap();

    assert_eq!(one(&sent)["state"], "delivered");
    assert_eq!(piped.status, Some(0));
    let me = one(&alice.types(&["--json", "whoami"]).unwrap());
    assert_eq!(
        me["listen"],
        alice.call("whoami", json!({})).unwrap()["listen"]
    );
    let history = alice.types(&["--json", "history", "Bob"]).unwrap();
    let entries: Vec<Value> = history
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        entries,
        alice.history(&to_bob).unwrap(),
        "one object a line"
    );
    let socket = fs::metadata(alice.profile().join("rpc.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
}

#[test]
fn whoever_comes_second_to_stay_speaks_through_the_first_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    alice.start().unwrap();

    let second = alice.types_with(
        &["rpc"],
        None,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"whoami\"}\n",
    );
    let with_wishes = alice.types(&["rpc", "--http", "127.0.0.1:0"]).unwrap();
    let told: Value = serde_json::from_str(second.unwrap().out.lines().next().unwrap()).unwrap();

    assert_eq!(told["result"]["name"], "Alice");
    assert!(with_wishes.refusal().contains("holds this profile already"));
}

#[test]
fn commands_that_come_at_the_same_time_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let alice = Person::new(folder.path(), "Alice").unwrap();

    // Whoever holds the profile ends at once, so that most calls meet one that is ending.
    for _ in 0..5 {
        std::thread::scope(|scope| {
            let typed: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| alice.types(&["--json", "whoami"]).unwrap()))
                .collect();
            for told in typed {
                assert_eq!(one(&told.join().unwrap())["name"], "Alice");
            }
        });
    }
}

#[test]
fn a_socket_left_by_a_killed_process_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    // Deeper than a socket's address may be long.
    let deep: PathBuf = std::iter::repeat_n("a-folder-with-a-name", 8).collect();
    let mut alice = Person::at(&folder.path().join(deep), "Alice").unwrap();
    alice.start().unwrap();
    alice.kill();
    assert!(alice.profile().join("rpc.sock").exists());

    let told = alice.types(&["--json", "whoami"]).unwrap();
    alice.start().unwrap();
    let over = alice
        .types(&["--json", "settings", "theme", "dark"])
        .unwrap();

    assert_eq!(one(&told)["name"], "Alice");
    assert_eq!(one(&over)["theme"], "dark");
    assert_eq!(alice.call("settings", json!({})).unwrap()["theme"], "dark");
}

#[test]
fn wrong_usage_is_two_and_a_refusal_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let alice = Person::new(folder.path(), "Alice").unwrap();
    let status = |arguments: &[&str]| alice.types(arguments).unwrap().status;

    assert_eq!(status(&["dance"]), Some(2));
    assert_eq!(status(&["send", "Bob"]), Some(2));
    assert_eq!(status(&["invite", "--expires", "soon"]), Some(2));
    assert_eq!(
        status(&["export", "--all", "--format", "pdf", "--out", "x"]),
        Some(2)
    );
    assert_eq!(status(&["version"]), Some(0));
    assert!(
        alice
            .types(&["send", "Bob", "hello"])
            .unwrap()
            .refusal()
            .contains("Bob")
    );
    assert!(
        alice
            .types(&["init", "--name", "Alice"])
            .unwrap()
            .refusal()
            .contains("already")
    );
    let none = alice
        .types(&["--profile", "/nonexistent/folder", "whoami"])
        .unwrap();
    assert!(none.refusal().contains("init"));
}

#[test]
fn a_passphrase_locks_and_the_unlock_code_opens_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let alice = Person::new(folder.path(), "Alice").unwrap();
    let locked = folder.path().join("locked");
    let locked = locked.to_str().unwrap();
    let made = alice.types_with(
        &["--json", "--profile", locked, "init", "--name", "Ada"],
        Some("one two three"),
        "",
    );
    let code = one(&made.unwrap())["unlock_code"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = folder.path().join("another");
    fs::write(&file, "four five six\n").unwrap();
    let file = file.to_str().unwrap();
    let asked = |passphrase| {
        alice
            .types_with(&["--json", "--profile", locked, "whoami"], passphrase, "")
            .unwrap()
    };

    assert_eq!(one(&asked(Some("one two three")))["name"], "Ada");
    asked(Some("wrong")).refusal();
    assert!(asked(None).refusal().contains("passphrase"));
    assert_eq!(one(&asked(Some(&code)))["name"], "Ada");
    let changed = ["--profile", locked, "passphrase", "--new-file", file];
    assert_eq!(
        alice
            .types_with(&changed, Some("one two three"), "")
            .unwrap()
            .status,
        Some(0)
    );
    asked(Some("one two three")).refusal();
    assert_eq!(one(&asked(Some("four five six")))["name"], "Ada");
}

#[test]
fn a_backup_becomes_the_same_profile_and_a_damaged_one_becomes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    let hello = alice.writes(&to_bob, "remember this").unwrap();
    alice.until_message(&to_bob, &hello, "delivered").unwrap();
    let file = folder.path().join("alice.backup");
    let file = file.to_str().unwrap();

    assert_eq!(alice.types(&["backup", file]).unwrap().status, Some(0));
    let before = alice.history(&to_bob).unwrap();
    let whole = fs::read(file).unwrap();
    alice.stop();
    fs::remove_dir_all(alice.profile()).unwrap();
    let restore = ["restore", file, "--no-passphrase"];
    alice
        .types_with(&restore, Some("a guess"), "")
        .unwrap()
        .refusal();
    fs::write(file, &whole[..whole.len() - 100]).unwrap();
    alice
        .types_with(&restore, Some(&alice.unlock_code), "")
        .unwrap()
        .refusal();
    let none = alice.types(&["whoami"]).unwrap();
    fs::write(file, &whole).unwrap();
    let restored = alice
        .types_with(&restore, Some(&alice.unlock_code), "")
        .unwrap();

    assert!(none.refusal().contains("no profile"));
    assert_eq!(restored.status, Some(0), "{restored:?}");
    alice.start().unwrap();
    assert_eq!(alice.history(&to_bob).unwrap(), before);
    let again = alice.writes(&to_bob, "back again").unwrap();
    alice.until_message(&to_bob, &again, "delivered").unwrap();
    bob.until_received(&to_alice, &["remember this", "back again"])
        .unwrap();
}

#[test]
fn a_conversation_is_exported_in_three_formats() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    bob.writes(&to_alice, "<b>bold</b> & مرحبا").unwrap();
    alice
        .until_received(&to_bob, &["<b>bold</b> & مرحبا"])
        .unwrap();
    let export = |format: &str, whom: &str| {
        let out = folder.path().join(format!("export.{format}"));
        let told = alice
            .types(&[
                "export",
                whom,
                "--format",
                format,
                "--out",
                out.to_str().unwrap(),
            ])
            .unwrap();
        assert_eq!(told.status, Some(0), "{told:?}");
        fs::read_to_string(out).unwrap()
    };

    assert!(export("text", "Bob").contains("Bob: <b>bold</b> & مرحبا"));
    assert!(export("html", "--all").contains("&lt;b&gt;bold&lt;/b&gt; &amp; مرحبا"));
    let array: Vec<Value> = serde_json::from_str(&export("json", "--all")).unwrap();
    let message = array
        .iter()
        .find(|object| object["kind"] == "message")
        .unwrap();
    assert_eq!(message["text"], "<b>bold</b> & مرحبا");
    assert_eq!(message["from"], "Bob");
    let nowhere = alice
        .types(&[
            "export",
            "--all",
            "--format",
            "text",
            "--out",
            "/nonexistent/x",
        ])
        .unwrap();
    nowhere.refusal();
}
