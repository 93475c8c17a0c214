//! Results for a person, or as JSON.

mod table;

use std::{fmt::Write as _, io::Write as _};

use serde_json::{Value, json};
use signet_transcript::{lines, one_line};

use crate::{arguments::Global, fault::Fault};
use table::Table;

/// `signet version`.
pub fn version(global: &Global) -> Result<(), Fault> {
    result(
        global,
        "version",
        json!({"version": env!("CARGO_PKG_VERSION")}),
    )
}

/// Prints what a call yielded.
pub fn result(global: &Global, method: &str, result: Value) -> Result<(), Fault> {
    let text = if global.json {
        as_json(&result)
    } else {
        for_a_person(method, &result)
    };
    let told = std::io::stdout().lock().write_all(text.as_bytes());
    match told {
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        told => {
            told.map_err(|error| Fault::failed(format!("The result cannot be written: {error}.")))
        }
    }
}

/// One object a line.
fn as_json(result: &Value) -> String {
    let one = |value: &Value| format!("{value}\n");
    match result {
        Value::Array(many) => many.iter().map(one).collect(),
        value => one(value),
    }
}

fn for_a_person(method: &str, result: &Value) -> String {
    let of = |name: &str| text(result, name);
    match method {
        "version" => format!("signet {}\n", of("version")),
        "init" => made(result),
        "whoami" => whoami(result),
        "settings" => settings(result),
        "invite" => invited(result),
        "invitations" => invitations(result),
        "revoke" => "The invitation was taken back.\n".to_owned(),
        "accept" => accepted(result),
        "mediator.add" | "mediator.swap" => mediator(result),
        "mediator.list" => mediators(result),
        "mediator.remove" if of("state") == "removed" => "It is gone.\n".to_owned(),
        "mediator.remove" => {
            "It is left as soon as nobody writes to you by it any more; `mediator list` says when.\n".to_owned()
        }
        "contacts" => contacts(result),
        "contact" => contact(result),
        "send" => match of("state").as_str() {
            "" => format!(
                "Written; it leaves as soon as there is a way ({}).\n",
                of("id")
            ),
            state => format!("{} ({}).\n", capital(state), of("id")),
        },
        "resend" => "It is tried again.\n".to_owned(),
        "history" => history(result),
        "rotate" => started(result),
        "end" => {
            "The relationship has ended; they are told as soon as there is a way.\n".to_owned()
        }
        "export" => {
            let entries = result
                .get("entries")
                .and_then(Value::as_u64)
                .unwrap_or_default();
            let what = if entries == 1 { "entry" } else { "entries" };
            format!(
                "{entries} {what} written to {}. The file is not encrypted.\n",
                of("path")
            )
        }
        "backup" => format!(
            "The whole profile is in {}. Its passphrase or unlock code opens it.\n",
            of("path")
        ),
        "passphrase" => "The passphrase was changed.\n".to_owned(),
        "request" | "rename" | "mute" | "mediated-only" | "block" | "unblock" | "delete" | "read" => {
            "Done.\n".to_owned()
        }
        _ => as_json(result),
    }
}

fn made(result: &Value) -> String {
    let code = text(result, "unlock_code");
    format!(
        "Your profile is in {}.\n\n    {code}\n\nThis is its unlock code. It opens the profile and its backups when \
         everything else fails, and it is shown only once: write it down and keep it away from this computer.\n",
        text(result, "profile"),
    )
}

fn whoami(result: &Value) -> String {
    let mut table = Table::new(2);
    table.row([text(result, "name").as_str(), ""].map(str::to_owned));
    table.row(["Profile".to_owned(), text(result, "profile")]);
    table.row(["Peer".to_owned(), text(result, "peer_id")]);
    for address in result
        .get("listen")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        table.row([
            "Reached at".to_owned(),
            one_line(address.as_str().unwrap_or_default()).into_owned(),
        ]);
    }
    if !text(result, "http").is_empty() {
        table.row(["Reached at".to_owned(), text(result, "http")]);
    }
    table.finish()
}

fn settings(result: &Value) -> String {
    let mut table = Table::new(2);
    for (key, value) in result.as_object().into_iter().flatten() {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), |text| one_line(text).into_owned());
        table.row([key.clone(), value]);
    }
    table.finish()
}

fn invited(result: &Value) -> String {
    let who = if is(result, "reusable") {
        "anybody; you accept each"
    } else {
        "one person"
    };
    let until = time(result, "expires")
        .map(|time| format!(", until {time}"))
        .unwrap_or_default();
    format!(
        "An invitation for {who}{until} ({}):\n\n{}\n",
        text(result, "id"),
        text(result, "url")
    )
}

fn invitations(result: &Value) -> String {
    let mut table = Table::new(5);
    for one in result.as_array().into_iter().flatten() {
        let kind = if is(one, "reusable") {
            "reusable"
        } else {
            "one-time"
        };
        let until = time(one, "expires")
            .map(|time| format!("until {time}"))
            .unwrap_or_default();
        table.row([
            text(one, "state"),
            kind.to_owned(),
            until,
            text(one, "note"),
            text(one, "id"),
        ]);
    }
    table.or("There are no invitations; signet invite makes one.")
}

fn mediator(mediator: &Value) -> String {
    let url = text(mediator, "url");
    match text(mediator, "state").as_str() {
        "granted" => format!("{url} keeps your mail from now on; your contacts are told.\n"),
        "refused" => format!("{url} does not serve you.\n"),
        _ => format!("{url} does not answer yet; it is asked again while Signet is online.\n"),
    }
}

fn mediators(result: &Value) -> String {
    let mut table = Table::new(4);
    let count = |one: &Value, name| one.get(name).and_then(Value::as_u64);
    for one in result.as_array().into_iter().flatten() {
        let state = match text(one, "state").as_str() {
            "empty" => "empty, safe to remove".to_owned(),
            state => state.to_owned(),
        };
        let waiting = count(one, "waiting").filter(|waiting| *waiting > 0);
        table.row([
            text(one, "url"),
            state,
            match count(one, "contacts").unwrap_or_default() {
                1 => "1 contact writes by it".to_owned(),
                many => format!("{many} contacts write by it"),
            },
            waiting
                .map(|waiting| format!("{waiting} waiting"))
                .unwrap_or_default(),
        ]);
    }
    table.or("There are no mediators; signet mediator add asks one.")
}

fn accepted(contact: &Value) -> String {
    let name = name(contact);
    match text(contact, "state").as_str() {
        "connected" => format!("You and {name} are connected.\n"),
        "answering" => {
            "Answered; the inviter has not been heard yet. You may write already.\n".to_owned()
        }
        _ => format!(
            "{}\n",
            sentence(contact, "It did not come to a connection.")
        ),
    }
}

fn contacts(result: &Value) -> String {
    let mut table = Table::new(4);
    for one in result.as_array().into_iter().flatten() {
        let unread = one
            .get("unread")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let unread = if unread > 0 {
            format!("{unread} new")
        } else {
            String::new()
        };
        let last = one
            .get("last")
            .map(|last| text(last, "text"))
            .unwrap_or_default();
        table.row([name(one), text(one, "state"), unread, cut(&last, 60)]);
    }
    table.or("There is nobody yet; signet invite makes an invitation.")
}

fn contact(one: &Value) -> String {
    let mut table = Table::new(2);
    let mut row = |what: &str, value: String| {
        if !value.is_empty() {
            table.row([what.to_owned(), value]);
        }
    };
    row("Name", name(one));
    row("They say", text(one, "told_name"));
    row("Note", text(one, "note"));
    row("State", text(one, "state"));
    row("Why", text(one, "reason"));
    row("Since", time(one, "created").unwrap_or_default());
    let confirms = if is(one, "confirms") {
        "yes"
    } else {
        "nothing yet"
    };
    row("Confirms", confirms.to_owned());
    if !is(one, "reachable") {
        row(
            "Reachable",
            "no: their DID names no way that Signet can use".to_owned(),
        );
    }
    row("Id", text(one, "contact"));
    for did in one
        .get("chain")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let whose = if text(did, "whose") == "mine" {
            "My DID"
        } else {
            "Their DID"
        };
        let left = time(did, "left")
            .map(|time| format!("  (until {time})"))
            .unwrap_or_default();
        row(whose, format!("{}{left}", text(did, "did")));
    }
    table.finish()
}

fn history(result: &Value) -> String {
    let mut out = String::new();
    for entry in result.as_array().into_iter().flatten() {
        let seq = entry.get("seq").and_then(Value::as_u64).unwrap_or_default();
        let when = time(entry, "time").unwrap_or_default();
        let text_of = entry
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut words = lines(text_of);
        let first = words.next().unwrap_or_default();
        let mark = match text(entry, "direction").as_str() {
            "out" => "→",
            "in" => "←",
            _ => "·",
        };
        let _ = write!(out, "{seq:>5}  {when}  {mark} {first}");
        for line in words {
            let _ = write!(out, "\n{:27}{line}", "");
        }
        let state = text(entry, "state");
        let beside: Vec<String> = [state, text(entry, "route"), text(entry, "reason")]
            .into_iter()
            .filter(|one| !one.is_empty())
            .collect();
        if !beside.is_empty() {
            let _ = write!(out, "  [{}]", beside.join(", "));
        }
        out.push('\n');
    }
    if out.is_empty() {
        return "Nothing was written here yet.\n".to_owned();
    }
    out
}

fn started(result: &Value) -> String {
    match result
        .get("started")
        .and_then(Value::as_array)
        .map_or(0, Vec::len)
    {
        0 => "There is nobody to tell.\n".to_owned(),
        1 => "A new identity towards one contact; it counts once they have written to it.\n"
            .to_owned(),
        count => format!(
            "New identities towards {count} contacts; each counts once they have written to it.\n"
        ),
    }
}

/// What to call a contact.
fn name(contact: &Value) -> String {
    let named = [text(contact, "name"), text(contact, "note")]
        .into_iter()
        .find(|name| !name.is_empty());
    named.unwrap_or_else(|| "your contact".to_owned())
}

fn sentence(value: &Value, otherwise: &str) -> String {
    Some(text(value, "reason"))
        .filter(|reason| !reason.is_empty())
        .unwrap_or_else(|| otherwise.to_owned())
}

/// A member as text on one line, harmless to a terminal; empty when it is not there.
fn text(value: &Value, member: &str) -> String {
    one_line(
        value
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default(),
    )
    .into_owned()
}

fn is(value: &Value, member: &str) -> bool {
    value
        .get(member)
        .and_then(Value::as_bool)
        .unwrap_or_default()
}

/// A time as the clock on the wall shows it.
fn time(value: &Value, member: &str) -> Option<String> {
    let milliseconds = value.get(member)?.as_i64()?;
    let time = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
    Some(
        time.to_zoned(jiff::tz::TimeZone::system())
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
    )
}

fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    text.chars().take(length - 1).chain(['…']).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
