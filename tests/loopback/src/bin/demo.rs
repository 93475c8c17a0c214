//! `cargo xtask demo`: two people, from an invitation to an export, told as a story.
//!
//! Both are headless `signet rpc` processes on loopback. Every sentence is printed after what it
//! tells has happened and was checked; the first that does not hold ends the story with status 1.

use std::{
    fmt::Display,
    fs,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use signet_loopback::{Person, in_history};

fn main() -> ExitCode {
    let begun = Instant::now();
    match story() {
        Ok(()) => {
            let seconds = begun.elapsed().as_secs_f32();
            println!("\nEvery step held. It took {seconds:.0} seconds.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("\nHere the story breaks off: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn story() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    println!("Two people, two computers, and nobody between them.");

    chapter("Alice and Bob start Signet");
    let mut alice = Person::new(folder, "Alice")?;
    let mut bob = Person::new(folder, "Bob")?;
    alice.start()?;
    bob.start()?;
    tell("Each typed a name and got an unlock code to write down; Alice's begins with");
    quote(&alice.unlock_code.chars().take(4).collect::<String>());
    tell("No account was made, no server was asked, no telephone number was given.");

    chapter("An invitation");
    let picture = folder.join("invitation.png");
    let drawn = alice.types(&[
        "--json",
        "invite",
        "--note",
        "Bob, from the choir",
        "--png",
        text(&picture)?,
    ])?;
    let invitation: Value = serde_json::from_str(&drawn.out).context("no invitation was made")?;
    let link = invitation["url"]
        .as_str()
        .context("the invitation has no link")?;
    let bytes = fs::read(&picture)?;
    ensure!(bytes.starts_with(b"\x89PNG"), "the picture is no PNG");
    tell(format!(
        "Alice's computer draws a QR code of {} bytes. It carries a link of {} characters:",
        bytes.len(),
        link.len()
    ));
    quote(&format!("{}…", link.chars().take(60).collect::<String>()));
    tell("In it is a DID made for this one invitation, and good for one person.");

    chapter("Bob takes a photograph of it");
    let made = bob.types(&["--json", "accept", text(&picture)?])?;
    let contact: Value = serde_json::from_str(&made.out).with_context(|| made.err.clone())?;
    let to_alice = contact["contact"]
        .as_str()
        .context("there is no contact")?
        .to_owned();
    bob.until_state(&to_alice, "connected")?;
    let to_bob = alice.only_contact()?;
    let seen = alice.until_state(&to_bob, "connected")?;
    let known = bob.contact(&to_alice)?;
    ensure!(
        seen["name"] == "Bob" && known["name"] == "Alice",
        "a name did not arrive"
    );
    tell("The code was read, an answer went straight to Alice's computer, and hers came back.");
    tell("Bob's list says Alice, and Alice's says Bob: each heard the name the other chose.");
    tell("They have DIDs now that nobody else will ever see. Alice's for Bob begins");
    quote(&beginning(&seen["my_did"]));

    chapter("They talk");
    let lines = [
        (true, "Hello Bob! The rehearsal is at seven."),
        (false, "Seven? I thought at eight."),
        (true, "Seven. And bring the tenor part, please 🎵"),
        (
            false,
            "Will do. Is this thing really going straight to you?",
        ),
        (true, "Straight to me. Look at the tick."),
    ];
    for (is_alices, words) in lines {
        let (from, to, contact, back) = if is_alices {
            (&alice, &bob, &to_bob, &to_alice)
        } else {
            (&bob, &alice, &to_alice, &to_bob)
        };
        let begun = Instant::now();
        let id = from.writes(contact, words)?;
        let entry = from.until_message(contact, &id, "delivered")?;
        let heard = to.until("the words are there", || {
            to.history(back)
                .ok()?
                .into_iter()
                .find(|entry| entry["id"] == id.as_str())
        })?;
        ensure!(
            heard["text"] == words,
            "the words were changed on their way"
        );
        let sealed = heard["proof"]["algorithms"]
            .as_array()
            .is_some_and(|list| !list.is_empty());
        ensure!(sealed, "there is no proof of who wrote this");
        say(&from.name, words, &route(&entry), begun.elapsed());
    }
    tell("Every line was sealed for one reader, proves who wrote it, and is on both disks.");

    chapter("Bob closes his computer, and Alice writes on");
    ensure!(bob.stop() == Some(0), "Bob's Signet did not end well");
    let waiting = alice.writes(
        &to_bob,
        "One more thing: it is at the church, not at school.",
    )?;
    let states = alice.states(&to_bob)?;
    ensure!(
        states.last().is_some_and(|state| state == "queued"),
        "the message claims to have left"
    );
    tell("Her message says that it waits. It does not pretend.");
    bob.start()?;
    alice.until_message(&to_bob, &waiting, "delivered")?;
    bob.until("the message has come", || {
        let words = bob.received(&to_alice).ok()?;
        words.last()?.contains("church").then_some(())
    })?;
    tell("Bob opens his computer, and there it is; Alice's tick says so.");

    chapter("A power cut");
    let before = alice.history(&to_bob)?;
    alice.kill();
    alice.start()?;
    ensure!(
        alice.history(&to_bob)? == before,
        "the history is not what it was"
    );
    tell(format!(
        "Alice's computer is switched off without warning. All {} entries are still there.",
        before.len()
    ));

    chapter("Alice takes a new ring");
    let old = bob.contact(&to_alice)?["their_did"].clone();
    alice.call("rotate", json!({"all": true}))?;
    let moved = bob.until("Bob knows the new DID", || {
        bob.contact(&to_alice)
            .ok()
            .filter(|contact| contact["their_did"] != old)
    })?;
    alice.until("the rotation is confirmed", || {
        let rotation = alice.call("rotation", json!({})).ok()?;
        rotation["waiting"].as_array()?.is_empty().then_some(())
    })?;
    tell("She fears for her old keys, so she changes all of them with one command. The old DID");
    quote(&beginning(&old));
    tell("seals the news, and Bob's computer now knows her as");
    quote(&beginning(&moved["their_did"]));
    let id = bob.writes(&to_alice, "New ring? Suits you.")?;
    bob.until_message(&to_alice, &id, "delivered")?;
    alice.until("Bob's words are there", || {
        alice
            .received(&to_bob)
            .ok()?
            .contains(&"New ring? Suits you.".to_owned())
            .then_some(())
    })?;
    tell("Bob noticed nothing but a line in the conversation. He writes on, and it arrives.");

    chapter("Something to keep");
    let page = folder.join("choir.html");
    let exported = alice.call(
        "export",
        json!({"contact": "Bob", "format": "html", "out": text(&page)?}),
    )?;
    let html = fs::read_to_string(&page)?;
    ensure!(
        html.contains("it is at the church") && !html.contains("<script"),
        "the page is not as it should be"
    );
    let words =
        in_history(&alice.history(&to_bob)?, "out", "text").len() + alice.received(&to_bob)?.len();
    tell(format!(
        "Alice saves the conversation as a web page: {} entries, {words} of them spoken, {} bytes, nothing to load.",
        exported["entries"],
        html.len()
    ));
    ensure!(
        alice.stop() == Some(0) && bob.stop() == Some(0),
        "somebody's Signet did not end well"
    );
    Ok(())
}

fn chapter(title: &str) {
    println!("\n{title}");
    println!("{}", "─".repeat(title.chars().count()));
}

fn tell(sentence: impl Display) {
    println!("  {sentence}");
}

fn quote(words: &str) {
    println!("      {words}");
}

fn say(name: &str, words: &str, route: &str, took: Duration) {
    println!(
        "  {:>5}: {words:<58} ✓✓ {route}, {} ms",
        name,
        took.as_millis()
    );
}

fn route(entry: &Value) -> String {
    entry["route"].as_str().unwrap_or("arrived").to_owned()
}

/// As much of a DID as a person looks at.
fn beginning(did: &Value) -> String {
    let did: String = did.as_str().unwrap_or_default().chars().take(40).collect();
    format!("{did}…")
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .context("the temporary folder's name is not UTF-8")
}
