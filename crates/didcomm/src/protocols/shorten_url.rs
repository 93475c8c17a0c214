//! shorten-url 1.0: somebody who has a page is asked to host what would make a long link.
//!
//! Only out-of-band 2.0 invitations are spoken of here; a plain shortener of any link would be
//! everybody's mask. Source: didcomm.org, "shorten-url/1.0".

use super::{body, report_problem, return_route::ReturnRoute};
use crate::message::Message;

/// Asks for a short link.
pub const REQUEST: &str = "https://didcomm.org/shorten-url/1.0/request-shortened-url";
/// Brings it.
pub const SHORTENED: &str = "https://didcomm.org/shorten-url/1.0/shortened-url";
/// Asks that a short link lead nowhere from now on; answered by an acknowledgement.
pub const INVALIDATE: &str = "https://didcomm.org/shorten-url/1.0/invalidate-shortened-url";

/// What is shortened is an out-of-band 2.0 invitation: `_oob` becomes `_oobid`.
pub const GOAL_OOB_V2: &str = "shorten.oobv2";

/// A longer link, in bytes, is not read.
pub const MAX_URL: usize = 8 * 1024;
/// A longer goal code or slug, in bytes, is not read.
const MAX_WORD: usize = 256;

/// What somebody with a long link asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// A short link in place of this one.
    Shorten {
        /// The long link; `None` if there is none of at most [`MAX_URL`] bytes.
        url: Option<String>,
        /// For how long, in seconds; 0 is for ever.
        requested_validity_seconds: u64,
        /// What kind of link it is.
        goal_code: Option<String>,
        /// How the short one shall end.
        short_url_slug: Option<String>,
    },
    /// That this short link lead nowhere; `None` if it is not readable.
    Invalidate(Option<String>),
}

/// A short link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortened {
    /// The link.
    pub shortened_url: String,
    /// Until when it leads somewhere, in seconds since the Unix epoch; unsaid, for ever.
    pub expires_time: Option<u64>,
}

/// Why there is no short link, or why one goes on leading somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It is not hosted for so long: at most for so many seconds.
    ValidityTooLong(u64),
    /// The link is not what its goal says.
    InvalidUrl,
    /// Links for this goal are not shortened.
    InvalidGoalCode,
    /// The end of a short link cannot be chosen.
    SlugsNotSupported,
    /// No such short link.
    ShortUrlInvalid,
}

impl Request {
    /// Asks to host the invitation in `url` for so many seconds; 0 is for ever.
    pub fn host(url: &str, requested_validity_seconds: u64) -> Self {
        Self::Shorten {
            url: Some(url.to_owned()),
            requested_validity_seconds,
            goal_code: Some(GOAL_OOB_V2.to_owned()),
            short_url_slug: None,
        }
    }

    /// The message. It lets the answer come back by the same connection.
    pub fn to_message(&self, id: impl Into<String>) -> Message {
        let mut message = match self {
            Self::Shorten {
                url,
                requested_validity_seconds,
                goal_code,
                short_url_slug,
            } => {
                let mut message = Message::new(id, REQUEST);
                let map = &mut message.body;
                body::put(map, "url", url.as_deref());
                let seconds = *requested_validity_seconds;
                body::put(map, "requested_validity_seconds", Some(seconds));
                body::put(map, "goal_code", goal_code.as_deref());
                body::put(map, "short_url_slug", short_url_slug.as_deref());
                message
            }
            Self::Invalidate(url) => {
                let mut message = Message::new(id, INVALIDATE);
                body::put(&mut message.body, "shortened_url", url.as_deref());
                message
            }
        };
        ReturnRoute::All.set(&mut message);
        message
    }
}

impl Shortened {
    /// The message, in the thread of `asked`.
    pub fn to_message(&self, id: impl Into<String>, asked: &Message) -> Message {
        let mut message = Message::new(id, SHORTENED);
        message.thid = Some(asked.thread().to_owned());
        let url = self.shortened_url.as_str();
        body::put(&mut message.body, "shortened_url", Some(url));
        body::put(&mut message.body, "expires_time", self.expires_time);
        message
    }
}

impl Problem {
    /// The report on `asked`.
    pub fn to_message(self, id: impl Into<String>, asked: &Message) -> Message {
        let (word, comment) = match self {
            Self::ValidityTooLong(_) => {
                ("validity_too_long", "It is hosted for at most {1} seconds")
            }
            Self::InvalidUrl => (
                "invalid_url",
                "The link holds no out-of-band 2.0 invitation",
            ),
            Self::InvalidGoalCode => (
                "invalid_goal_code",
                "Only out-of-band 2.0 invitations are hosted",
            ),
            Self::SlugsNotSupported => (
                "slugs_not_supported",
                "The end of the link cannot be chosen",
            ),
            Self::ShortUrlInvalid => ("short_url_invalid", "There is no such link"),
        };
        let args = match self {
            Self::ValidityTooLong(most) => vec![Some(most.to_string())],
            _ => Vec::new(),
        };
        let problem = report_problem::Problem {
            comment: Some(comment.to_owned()),
            args,
            ..report_problem::Problem::new(format!("e.p.req.{word}"))
        };
        report_problem::message(id, asked.thread(), &problem, Some(&asked.id))
    }
}

/// Reads what is asked; `None` for another message. Odd members are as good as absent.
pub fn read_request(message: &Message) -> Option<Request> {
    let map = &message.body;
    if message.is(REQUEST) {
        return Some(Request::Shorten {
            url: body::text(map, "url", MAX_URL),
            requested_validity_seconds: body::whole(map, "requested_validity_seconds")
                .unwrap_or_default(),
            goal_code: body::text(map, "goal_code", MAX_WORD),
            short_url_slug: body::text(map, "short_url_slug", MAX_WORD),
        });
    }
    let is_invalidation = message.is(INVALIDATE);
    is_invalidation.then(|| Request::Invalidate(body::text(map, "shortened_url", MAX_URL)))
}

/// Reads a short link; `None` for another message, or one without a link of at most [`MAX_URL`]
/// bytes.
pub fn read_shortened(message: &Message) -> Option<Shortened> {
    if !message.is(SHORTENED) {
        return None;
    }
    // Some write it as a header of the message.
    let expires_time = body::whole(&message.body, "expires_time").or(message.expires_time);
    Some(Shortened {
        shortened_url: body::text(&message.body, "shortened_url", MAX_URL)?,
        expires_time,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const LONG: &str = "https://example.com/?_oob=e30";
    const SHORT: &str = "https://example.com/?_oobid=abc";

    fn message(type_: &str, body: Value) -> Message {
        let json = json!({"id": "1", "type": type_, "body": body});
        Message::from_slice(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn requests_are_written_as_specified_and_read_back() {
        let asked = Request::host(LONG, 3600).to_message("1");
        assert_eq!(asked.type_, REQUEST);
        let body = json!({
            "url": LONG, "requested_validity_seconds": 3600, "goal_code": "shorten.oobv2",
        });
        assert_eq!(Value::from(asked.body.clone()), body);
        assert_eq!(ReturnRoute::of(&asked), ReturnRoute::All);
        assert_eq!(read_request(&asked), Some(Request::host(LONG, 3600)));

        let over = Request::Invalidate(Some(SHORT.to_owned()));
        let asked = over.to_message("2");
        assert_eq!(asked.type_, INVALIDATE);
        assert_eq!(
            Value::from(asked.body.clone()),
            json!({"shortened_url": SHORT})
        );
        assert_eq!(read_request(&asked), Some(over));
    }

    #[test]
    fn an_answer_stays_in_the_thread_and_says_how_long_the_link_lives() {
        let asked = Request::host(LONG, 0).to_message("1");
        for expires_time in [None, Some(1_800_000_000)] {
            let shortened = Shortened {
                shortened_url: SHORT.to_owned(),
                expires_time,
            };
            let answer = shortened.to_message("2", &asked);
            assert_eq!(answer.thid.as_deref(), Some("1"));
            assert_eq!(read_shortened(&answer), Some(shortened));
        }
        let elsewhere = json!({"shortened_url": SHORT, "expires_time": "1800000000"});
        let read = read_shortened(&message(SHORTENED, elsewhere)).unwrap();
        assert_eq!(read.expires_time, Some(1_800_000_000));
    }

    #[test]
    fn what_is_odd_or_too_long_is_as_good_as_absent() {
        let nothing = Request::Shorten {
            url: None,
            requested_validity_seconds: 0,
            goal_code: None,
            short_url_slug: None,
        };
        let long = "x".repeat(MAX_URL + 1);
        for body in [
            json!({}),
            json!({"url": 7, "requested_validity_seconds": "soon", "goal_code": {}}),
            json!({"url": long, "goal_code": long, "short_url_slug": long}),
        ] {
            assert_eq!(read_request(&message(REQUEST, body)), Some(nothing.clone()));
        }
        let odd = message(INVALIDATE, json!({"shortened_url": long}));
        assert_eq!(read_request(&odd), Some(Request::Invalidate(None)));
        assert_eq!(read_shortened(&message(SHORTENED, json!({}))), None);
        assert_eq!(read_request(&message(SHORTENED, json!({}))), None);
    }

    #[test]
    fn a_refusal_says_why_in_the_words_of_the_protocol() {
        let asked = Request::host(LONG, u64::MAX).to_message("1");
        let report = Problem::ValidityTooLong(60).to_message("2", &asked);
        let problem = report_problem::read(&report).unwrap();

        assert_eq!(report.pthid.as_deref(), Some("1"));
        assert!(problem.is("e.p.req.validity_too_long"));
        let text = problem.text().unwrap();
        assert_eq!(text, "It is hosted for at most 60 seconds");
    }
}
