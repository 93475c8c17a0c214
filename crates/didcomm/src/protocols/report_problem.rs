//! report-problem 2.0: telling the other side that something went wrong.
//!
//! What may be said to whom, and how soon, is the caller's: a stranger learns nothing from us.
//! Source: DIDComm Messaging v2.1, "Problem Reports".

mod code;
mod limit;

use serde_json::Value;

use super::body;
use crate::message::Message;

pub use code::{Code, DESCRIPTORS, Scope, Sorter, descriptor, is_well_formed};
pub use limit::{Limit, MAX_ERRORS_EXCEEDED};

/// The report.
pub const PROBLEM_REPORT: &str = "https://didcomm.org/report-problem/2.0/problem-report";
/// The report as message-pickup 4.0 writes it; it is read as the same.
const PICKUP_REPORT: &str = "https://didcomm.org/message-pickup/4.0/problem-report";

/// A longer code, in bytes, is none.
pub const MAX_CODE: usize = 256;
/// A comment is cut to so many bytes.
pub const MAX_COMMENT: usize = 4096;
/// More arguments than this are not read.
pub const MAX_ARGS: usize = 32;
/// An argument is cut to so many bytes; a longer link to help is not read.
pub const MAX_ARG: usize = 1024;
/// The text of a problem, arguments put in, is cut to so many bytes: a comment may name one
/// argument a thousand times.
pub const MAX_TEXT: usize = 8192;

/// A problem, as it is reported.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Problem {
    /// Sorter, scope and descriptors, as in `e.p.req.time`; matched by prefix.
    pub code: String,
    /// What a person may read, with `{1}`, `{2}`, … for the arguments.
    pub comment: Option<String>,
    /// What stands for `{1}`, `{2}`, …
    pub args: Vec<Option<String>>,
    /// Where to get help.
    pub escalate_to: Option<String>,
}

impl Problem {
    /// A problem of this code.
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            ..Self::default()
        }
    }

    /// Whether its code is `prefix`, or a more specific one, case aside.
    pub fn is(&self, prefix: &str) -> bool {
        code::begins(&self.code, prefix)
    }

    /// Its code taken apart; `None` if the other side does not follow the grammar.
    pub fn code(&self) -> Option<Code<'_>> {
        Code::parse(&self.code)
    }

    /// Whether it is an error, not a warning; what says neither is one.
    pub fn is_error(&self) -> bool {
        !code::begins(&self.code, "w")
    }

    /// The comment with its arguments: a missing one reads `?`, further ones are appended. At
    /// most [`MAX_TEXT`] bytes.
    pub fn text(&self) -> Option<String> {
        let comment = self.comment.as_deref()?;
        let mut used = 0;
        let mut text = String::with_capacity(comment.len());
        let mut rest = comment;
        while let Some(start) = rest.find('{') {
            let (before, at) = rest.split_at(start);
            text.push_str(before);
            if text.len() > MAX_TEXT {
                break;
            }
            match placeholder(at) {
                Some((number, after)) => {
                    text.push_str(self.argument(number));
                    used = used.max(number);
                    rest = after;
                }
                None => {
                    text.push('{');
                    rest = at.get(1..).unwrap_or_default();
                }
            }
        }
        text.push_str(rest);
        for number in used + 1..=self.args.len() {
            if text.len() > MAX_TEXT {
                break;
            }
            text.push_str(", ");
            text.push_str(self.argument(number));
        }
        Some(body::cut(&text, MAX_TEXT).to_owned())
    }

    fn argument(&self, number: usize) -> &str {
        let index = number.wrapping_sub(1);
        self.args
            .get(index)
            .and_then(Option::as_deref)
            .unwrap_or("?")
    }
}

/// `{7}…` into 7 and what follows.
fn placeholder(text: &str) -> Option<(usize, &str)> {
    let (number, after) = text.strip_prefix('{')?.split_once('}')?;
    let number: usize = number.parse().ok()?;
    (1..=99).contains(&number).then_some((number, after))
}

/// Reports a problem with the thread `pthid`, caused by the message `ack` if there was one.
pub fn message(
    id: impl Into<String>,
    pthid: &str,
    problem: &Problem,
    ack: Option<&str>,
) -> Message {
    let mut message = Message::new(id, PROBLEM_REPORT);
    message.pthid = Some(pthid.to_owned());
    message.ack = ack.map(str::to_owned).into_iter().collect();
    let body = &mut message.body;
    body.insert("code".into(), problem.code.clone().into());
    if let Some(comment) = &problem.comment {
        body.insert("comment".into(), comment.clone().into());
    }
    if !problem.args.is_empty() {
        let args = problem.args.iter().cloned().map(Value::from);
        body.insert("args".into(), args.collect());
    }
    if let Some(uri) = &problem.escalate_to {
        body.insert("escalate_to".into(), uri.clone().into());
    }
    message
}

/// Whether it is a report.
pub fn is(message: &Message) -> bool {
    message.is(PROBLEM_REPORT) || message.is(PICKUP_REPORT)
}

/// Answers the report `warning` because to us it is worse: in its thread, with a code that is an
/// error and gives up at least as much. `None` if `warning` is no readable warning, or if the code
/// of `problem` is not such.
pub fn escalate(id: impl Into<String>, warning: &Message, problem: &Problem) -> Option<Message> {
    let warned = read(warning)?;
    let (warned, ours) = (warned.code()?, problem.code()?);
    let is_escalation = warned.sorter == Sorter::Warning && ours.sorter == Sorter::Error;
    if !is_escalation || !ours.scope.covers(warned.scope) {
        return None;
    }
    let mut report = message(id, "", problem, Some(&warning.id));
    report.pthid.clone_from(&warning.pthid);
    report.thid = Some(warning.thread().to_owned());
    Some(report)
}

/// Reads a report; `None` for another message, or one without a code of at most [`MAX_CODE`]
/// bytes. A code need not follow the grammar. The comment is cut to [`MAX_COMMENT`] bytes and each
/// of the first [`MAX_ARGS`] arguments to [`MAX_ARG`].
pub fn read(message: &Message) -> Option<Problem> {
    if !is(message) {
        return None;
    }
    Some(Problem {
        code: body::text(&message.body, "code", MAX_CODE)?,
        comment: body::words(&message.body, "comment", MAX_COMMENT),
        args: body::items(&message.body, "args", MAX_ARGS)
            .map(read_argument)
            .collect(),
        escalate_to: body::text(&message.body, "escalate_to", MAX_ARG),
    })
}

fn read_argument(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(body::cut(text, MAX_ARG).to_owned()),
        other => Some(body::cut(&other.to_string(), MAX_ARG).to_owned()),
    }
}

#[cfg(test)]
mod tests;
