//! user-profile 1.0: what somebody says about himself.
//!
//! A member that is absent changes nothing; `null` or an empty text removes. Nothing in it is
//! proved. Source: didcomm.org, "user-profile/1.0".

use serde_json::{Map, Value};

use crate::message::{Attachment, Message};

/// The profile, sent unasked or as an answer.
pub const PROFILE: &str = "https://didcomm.org/user-profile/1.0/profile";
/// The question.
pub const REQUEST_PROFILE: &str = "https://didcomm.org/user-profile/1.0/request-profile";

/// What a profile does to one member of the picture we have of somebody.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Change<T> {
    /// It is not mentioned.
    #[default]
    Keep,
    /// It is taken back.
    Remove,
    /// It is this.
    Set(T),
}

/// A profile message.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Profile {
    /// The name to show.
    pub display_name: Change<String>,
    /// A few words.
    pub description: Change<String>,
    /// The picture; its attachment's id may be any.
    pub picture: Change<Attachment>,
    /// Whether the receiver is asked for his.
    pub send_back_yours: bool,
}

/// Writes a profile.
pub fn profile(id: impl Into<String>, profile: &Profile) -> Message {
    let mut message = Message::new(id, PROFILE);
    let mut members = Map::new();
    put(&mut members, "displayName", &profile.display_name);
    put(&mut members, "description", &profile.description);
    let reference = match &profile.picture {
        Change::Keep => Change::Keep,
        Change::Remove => Change::Remove,
        Change::Set(picture) => {
            let mut picture = picture.clone();
            let id = picture.id.get_or_insert_with(|| "picture".into()).clone();
            message.attachments.push(picture);
            Change::Set(format!("#{id}"))
        }
    };
    put(&mut members, "displayPicture", &reference);
    message.body.insert("profile".into(), members.into());
    if profile.send_back_yours {
        message.body.insert("send_back_yours".into(), true.into());
    }
    message
}

/// Answers the message `asked`: a profile that hangs on it and asks for nothing, so that two
/// agents never ask each other for ever.
pub fn answer(id: impl Into<String>, ours: &Profile, asked: &Message) -> Message {
    let quiet = Profile {
        send_back_yours: false,
        ..ours.clone()
    };
    let mut message = profile(id, &quiet);
    message.pthid = Some(asked.id.clone());
    message
}

/// Asks for a profile; for some members of it, or with an empty `query` for all.
pub fn request(id: impl Into<String>, query: &[&str]) -> Message {
    let mut message = Message::new(id, REQUEST_PROFILE);
    if !query.is_empty() {
        let query: Vec<Value> = query.iter().map(|name| (*name).into()).collect();
        message.body.insert("query".into(), query.into());
    }
    message
}

/// Whether it asks for our profile.
pub fn is_request(message: &Message) -> bool {
    message.is(REQUEST_PROFILE)
}

/// Reads a profile; `None` for another message.
pub fn read(message: &Message) -> Option<Profile> {
    if !message.is(PROFILE) {
        return None;
    }
    let empty = Map::new();
    let members = message.body.get("profile").and_then(Value::as_object);
    let members = members.unwrap_or(&empty);
    let picture = match read_text(members, "displayPicture") {
        Change::Keep => Change::Keep,
        Change::Remove => Change::Remove,
        Change::Set(reference) => picture(message, &reference),
    };
    let asks = message.body.get("send_back_yours");
    Some(Profile {
        display_name: read_text(members, "displayName"),
        description: read_text(members, "description"),
        picture,
        send_back_yours: asks.and_then(Value::as_bool).unwrap_or(false),
    })
}

/// The attachment meant by `#id`. A reference to nothing changes nothing.
fn picture(message: &Message, reference: &str) -> Change<Attachment> {
    let id = reference.strip_prefix('#').unwrap_or(reference);
    let mut attachments = message.attachments.iter();
    match attachments.find(|attachment| attachment.id.as_deref() == Some(id)) {
        Some(found) => Change::Set(found.clone()),
        None => Change::Keep,
    }
}

fn put(members: &mut Map<String, Value>, name: &str, change: &Change<String>) {
    let value = match change {
        Change::Keep => return,
        Change::Remove => Value::Null,
        Change::Set(text) => text.clone().into(),
    };
    members.insert(name.into(), value);
}

fn read_text(members: &Map<String, Value>, name: &str) -> Change<String> {
    match members.get(name) {
        Some(Value::Null) => Change::Remove,
        Some(Value::String(text)) if text.is_empty() => Change::Remove,
        Some(Value::String(text)) => Change::Set(text.clone()),
        Some(_) | None => Change::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_reads_back() {
        let ours = Profile {
            display_name: Change::Set("Alice".into()),
            description: Change::Remove,
            picture: Change::Set(Attachment::from_bytes("face", b"png")),
            send_back_yours: true,
        };
        let wire = profile("1", &ours).to_vec();

        assert_eq!(read(&Message::from_slice(&wire).unwrap()), Some(ours));
    }

    #[test]
    fn absent_keeps_and_null_or_empty_removes() {
        let wire = br##"{"id":"1","type":"https://didcomm.org/user-profile/1.0/profile",
            "body":{"profile":{"displayName":"","displayPicture":"#nothing"}}}"##;
        let profile = read(&Message::from_slice(wire).unwrap()).unwrap();

        assert_eq!(profile.display_name, Change::Remove);
        assert_eq!(profile.description, Change::Keep);
        assert_eq!(profile.picture, Change::Keep);
    }

    #[test]
    fn an_answer_asks_for_nothing_back() {
        let ours = Profile {
            send_back_yours: true,
            ..Profile::default()
        };
        let answer = answer("2", &ours, &request("1", &[]));

        assert_eq!(answer.pthid.as_deref(), Some("1"));
        assert!(!read(&answer).unwrap().send_back_yours);
    }
}
