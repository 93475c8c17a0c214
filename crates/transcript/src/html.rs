//! One page of HTML: no script, nothing loaded, everything quoted, readable in print.
//!
//! A policy in the page itself forbids what we never write, in case a reader's browser is
//! cleverer than our quoting. Texts stand in elements of their own direction, so a word from
//! right to left turns nothing but itself.

use std::io::{self, Write};

use signet_protocol::{
    contact::Retired,
    entry::{Direction, Entry, Kind},
};

use crate::{Conversation, Header, time, words, writer::Place};

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c1b22;--soft:#6b6876;--paper:#fff;--in:#f1eff5;--out:#e4ecff}\
@media(prefers-color-scheme:dark){:root{--ink:#eceaf2;--soft:#a09cae;--paper:#17161c;--in:#26242e;--out:#22304f}}\
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:44rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.25rem;margin-top:3rem}h3{font-size:.85rem;color:var(--soft);text-align:center;font-weight:600}\
dl,details,.about{font-size:.8rem;color:var(--soft)}dd{margin:0 0 .5rem;overflow-wrap:anywhere}\
article{margin:.5rem 0;padding:.5rem .8rem;border-radius:.8rem;max-width:80%;width:fit-content}\
.in{background:var(--in)}.out{background:var(--out);margin-inline-start:auto}\
.text{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext}\
.head,.state{font-size:.75rem;color:var(--soft)}.line{text-align:center;font-size:.85rem;color:var(--soft)}\
@media print{body{max-width:none;margin:0}article{break-inside:avoid;border:1px solid #bbb}}";

pub(crate) fn header(out: &mut impl Write, header: &Header) -> io::Result<()> {
    let name = quoted(&words::one_line(&header.my_name));
    let exported = time::rfc3339(header.exported);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Conversations of {name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Conversations of <bdi>{name}</bdi></h1>\n\
         <p class=\"about\">Written by Signet at <time datetime=\"{exported}\">{exported}</time>. All times are UTC.</p>\n"
    )
}

pub(crate) fn conversation(
    out: &mut impl Write,
    conversation: &Conversation,
    is_first: bool,
) -> io::Result<()> {
    if !is_first {
        writeln!(out, "</section>")?;
    }
    let name = quoted(&words::one_line(&conversation.name));
    writeln!(out, "<section>\n<h2 dir=\"auto\">{name}</h2>\n<dl>")?;
    did(out, "My DID", conversation.my_did.as_str())?;
    did(out, "Their DID", conversation.their_did.as_str())?;
    for retired in &conversation.my_retired {
        did(out, &until("My DID", retired), retired.did.as_str())?;
    }
    for retired in &conversation.their_retired {
        did(out, &until("Their DID", retired), retired.did.as_str())?;
    }
    writeln!(out, "</dl>")
}

pub(crate) fn entry(out: &mut impl Write, place: &mut Place, entry: &Entry) -> io::Result<()> {
    if let Some(day) = place.turn_to(time::day(entry.time)) {
        writeln!(out, "<h3>{day}</h3>")?;
    }
    let text = match &entry.kind {
        Kind::Message { text, .. } => text,
        Kind::Line(line) => {
            let text = words::line(line, place.contact());
            return writeln!(out, "<p class=\"line\" dir=\"auto\">{}</p>", quoted(&text));
        }
    };
    let class = match entry.direction {
        Direction::Out => "out",
        Direction::In | Direction::None => "in",
    };
    let who = quoted(place.who(entry.direction).unwrap_or_default());
    writeln!(
        out,
        "<article class=\"{class}\"><div class=\"head\"><bdi>{who}</bdi> <time datetime=\"{}\">{}</time></div>",
        time::rfc3339(entry.time),
        time::clock(entry.time),
    )?;
    write!(out, "<div class=\"text\" dir=\"auto\">")?;
    for (index, line) in words::lines(text).enumerate() {
        let mark = if index == 0 { "" } else { "\n" };
        write!(out, "{mark}{}", quoted(&line))?;
    }
    write!(out, "</div>")?;
    if let Some(delivery) = &entry.delivery {
        write!(
            out,
            "\n<div class=\"state\">{}</div>",
            words::delivery(delivery)
        )?;
    }
    if let Some(proof) = &entry.proof {
        write!(out, "\n<details><summary>Proof</summary><dl>")?;
        let kids = [
            ("Written by", &proof.sender_kid),
            ("Signed by", &proof.signer_kid),
        ];
        for (term, kid) in kids {
            if let Some(kid) = kid {
                did(out, term, kid)?;
            }
        }
        did(out, "Ciphers", &proof.algorithms.join(", "))?;
        write!(out, "</dl></details>")?;
    }
    writeln!(out, "</article>")
}

pub(crate) fn end(out: &mut impl Write, is_empty: bool) -> io::Result<()> {
    if !is_empty {
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</body>\n</html>")
}

fn did(out: &mut impl Write, term: &str, text: &str) -> io::Result<()> {
    write!(out, "<dt>{}</dt><dd>{}</dd>", quoted(term), quoted(text))
}

fn until(term: &str, retired: &Retired) -> String {
    format!("{term} until {}", time::rfc3339(retired.since))
}

/// Text as text, in an element and in an attribute alike.
fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(words::visible(c)),
        }
    }
    safe
}
