//! report-problem 2.0: telling the other side that something went wrong.
//!
//! Source: DIDComm Messaging v2.1, "Problem Reports".

use serde_json::Value;

use crate::message::Message;

/// The report.
pub const PROBLEM_REPORT: &str = "https://didcomm.org/report-problem/2.0/problem-report";
/// The report as message-pickup 4.0 writes it; it is read as the same.
const PICKUP_REPORT: &str = "https://didcomm.org/message-pickup/4.0/problem-report";

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

    /// Whether its code is `prefix`, or a more specific one.
    pub fn is(&self, prefix: &str) -> bool {
        let rest = self.code.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether it is an error, not a warning.
    pub fn is_error(&self) -> bool {
        !self.code.starts_with("w.")
    }

    /// The comment with its arguments: a missing one reads `?`, further ones are appended.
    pub fn text(&self) -> Option<String> {
        let comment = self.comment.as_deref()?;
        let mut used = 0;
        let mut text = String::with_capacity(comment.len());
        let mut rest = comment;
        while let Some(start) = rest.find('{') {
            let (before, at) = rest.split_at(start);
            text.push_str(before);
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
            text.push_str(", ");
            text.push_str(self.argument(number));
        }
        Some(text)
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

/// Reads a report; `None` for another message, or one without code.
pub fn read(message: &Message) -> Option<Problem> {
    if !is(message) {
        return None;
    }
    let args = message.body.get("args").and_then(Value::as_array);
    Some(Problem {
        code: message.text("code")?.to_owned(),
        comment: message.text("comment").map(str::to_owned),
        args: args.into_iter().flatten().map(read_argument).collect(),
        escalate_to: message.text("escalate_to").map(str::to_owned),
    })
}

fn read_argument(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(comment: &str, args: &[Option<&str>]) -> Problem {
        Problem {
            comment: Some(comment.into()),
            args: args.iter().map(|arg| arg.map(str::to_owned)).collect(),
            ..Problem::new("e.m.req.time")
        }
    }

    #[test]
    fn missing_arguments_read_as_a_question_mark_and_further_ones_are_appended() {
        let text = |comment: &str, args: &[Option<&str>]| problem(comment, args).text().unwrap();

        assert_eq!(text("{1} {2}", &[Some("a"), None, Some("c")]), "a ?, c");
        assert_eq!(text("at {2}", &[]), "at ?");
        assert_eq!(text("{0} {x} {", &[]), "{0} {x} {");
        assert_eq!(text("{1}", &[Some("{1}")]), "{1}");
        assert_eq!(
            text("{99999999999999999999}", &[]),
            "{99999999999999999999}"
        );
    }

    #[test]
    fn a_code_matches_by_whole_tokens() {
        let problem = Problem::new("e.m.req.time");

        assert!(problem.is("e.m.req") && problem.is("e.m.req.time"));
        assert!(!problem.is("e.m.re") && !problem.is("w"));
    }

    #[test]
    fn a_report_reads_back() {
        let sent = problem("late: {1}", &[Some("2 s"), None]);
        let wire = message("1", "thread", &sent, Some("cause")).to_vec();
        let received = Message::from_slice(&wire).unwrap();

        assert_eq!(read(&received), Some(sent));
        assert_eq!(received.pthid.as_deref(), Some("thread"));
        assert_eq!(received.ack, ["cause"]);
    }
}
