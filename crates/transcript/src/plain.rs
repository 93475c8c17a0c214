//! Plain text: one line an entry, its further lines indented so that none can pass for another.

use std::io::{self, Write};

use signet_protocol::entry::{Entry, Kind};

use crate::{
    Conversation, Header, time,
    words::{self, one_line},
    writer::Place,
};

/// Stands before the second and further lines of a text; no entry begins with a space.
const INDENT: &str = "    ";

pub(crate) fn header(out: &mut impl Write, header: &Header) -> io::Result<()> {
    let exported = time::rfc3339(header.exported);
    writeln!(
        out,
        "Conversations of {}, written by Signet at {exported}",
        one_line(&header.my_name)
    )?;
    writeln!(out, "All times are UTC.")
}

pub(crate) fn conversation(out: &mut impl Write, conversation: &Conversation) -> io::Result<()> {
    let name = one_line(&conversation.name);
    writeln!(
        out,
        "\n\n{name}\n{}",
        "=".repeat(name.chars().count().clamp(3, 72))
    )?;
    writeln!(out, "My DID:    {}", conversation.my_did)?;
    writeln!(out, "Their DID: {}", conversation.their_did)?;
    for retired in &conversation.my_retired {
        writeln!(
            out,
            "My DID until {}: {}",
            time::rfc3339(retired.since),
            retired.did
        )?;
    }
    for retired in &conversation.their_retired {
        writeln!(
            out,
            "Their DID until {}: {}",
            time::rfc3339(retired.since),
            retired.did
        )?;
    }
    Ok(())
}

pub(crate) fn entry(out: &mut impl Write, place: &mut Place, entry: &Entry) -> io::Result<()> {
    if let Some(day) = place.turn_to(time::day(entry.time)) {
        writeln!(out, "\n{day}")?;
    }
    let clock = time::clock(entry.time);
    let text = match &entry.kind {
        Kind::Message { text, .. } => text,
        Kind::Line(line) => {
            return writeln!(
                out,
                "{clock}  -- {} --",
                one_line(&words::line(line, place.contact()))
            );
        }
    };
    let mut lines = words::lines(text);
    let who = place.who(entry.direction).unwrap_or_default();
    write!(out, "{clock}  {who}: {}", lines.next().unwrap_or_default())?;
    for line in lines {
        write!(out, "\n{INDENT}{line}")?;
    }
    match &entry.delivery {
        Some(delivery) => writeln!(out, "  [{}]", words::delivery(delivery)),
        None => writeln!(out),
    }
}

pub(crate) fn end(_: &mut impl Write) -> io::Result<()> {
    Ok(())
}
