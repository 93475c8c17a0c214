//! Reading a plaintext in one pass: known headers into their fields, the others kept.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{Attachment, MAX_ID, MAX_PARTS, Message, MessageError, PLAINTEXT};
use crate::did::{Did, DidUrl};
use crate::json::Reading;

pub(super) fn from_slice(bytes: &[u8]) -> Result<Message, MessageError> {
    let parts = Cell::new(0);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = headers(&parts).deserialize(&mut json);
    let headers = read.and_then(|headers| json.end().map(|()| headers));
    let headers = headers.map_err(|error| match parts.get() > MAX_PARTS {
        true => MessageError::Parts,
        false => MessageError::Json(error.to_string()),
    })?;
    headers.into_message()
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        headers(&Cell::new(0))
            .deserialize(deserializer)?
            .into_message()
            .map_err(D::Error::custom)
    }
}

/// All headers, as they came.
struct Headers(Map<String, Value>);

impl Headers {
    fn into_message(mut self) -> Result<Message, MessageError> {
        self.check_typ()?;
        let id = self.id("id")?.ok_or(MessageError::Missing("id"))?;
        let type_ = self.text("type")?.ok_or(MessageError::Missing("type"))?;
        if id.is_empty() {
            return Err(MessageError::Header("id"));
        }
        if type_.is_empty() {
            return Err(MessageError::Header("type"));
        }
        Ok(Message {
            from: self.from()?,
            to: self.to()?,
            thid: self.id("thid")?,
            pthid: self.id("pthid")?,
            created_time: self.time("created_time")?,
            expires_time: self.time("expires_time")?,
            body: self.body()?,
            attachments: self.attachments()?,
            please_ack: self.ids("please_ack"),
            ack: self.ids("ack"),
            from_prior: self.text("from_prior")?,
            sender_order: self.0.remove("sender_order").as_ref().and_then(whole),
            lang: self.text("lang").unwrap_or(None),
            extra: self.0.into_iter().collect(),
            id,
            type_,
        })
    }

    fn check_typ(&mut self) -> Result<(), MessageError> {
        match self.text("typ")? {
            Some(typ) if !is_media_type(&typ, PLAINTEXT) => Err(MessageError::Header("typ")),
            Some(_) | None => Ok(()),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &'static str) -> Result<Option<String>, MessageError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(MessageError::Header(name)),
        }
    }

    fn id(&mut self, name: &'static str) -> Result<Option<String>, MessageError> {
        match self.text(name)? {
            Some(id) if id.len() > MAX_ID => Err(MessageError::Header(name)),
            other => Ok(other),
        }
    }

    fn from(&mut self) -> Result<Option<Did>, MessageError> {
        match self.text("from")? {
            None => Ok(None),
            Some(text) => subject(&text).map(Some).ok_or(MessageError::Header("from")),
        }
    }

    fn to(&mut self) -> Result<Vec<Did>, MessageError> {
        let malformed = MessageError::Header("to");
        match self.take("to") {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().and_then(subject))
                .collect::<Option<_>>()
                .ok_or(malformed),
            Some(_) => Err(malformed),
        }
    }

    fn time(&mut self, name: &'static str) -> Result<Option<u64>, MessageError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => whole(&value).map(Some).ok_or(MessageError::Header(name)),
        }
    }

    fn body(&mut self) -> Result<Map<String, Value>, MessageError> {
        match self.take("body") {
            None => Ok(Map::new()),
            Some(Value::Object(body)) => Ok(body),
            Some(_) => Err(MessageError::Header("body")),
        }
    }

    fn attachments(&mut self) -> Result<Vec<Attachment>, MessageError> {
        match self.take("attachments") {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.into_iter().map(Attachment::read).collect(),
            Some(_) => Err(MessageError::Attachment),
        }
    }

    /// A list of ids. A request for an acknowledgement is a courtesy, so an odd one is no reason
    /// to lose the message.
    fn ids(&mut self, name: &str) -> Vec<String> {
        match self.take(name) {
            Some(Value::Array(items)) => items
                .into_iter()
                .filter_map(|item| match item {
                    Value::String(id) if id.len() <= MAX_ID => Some(id),
                    _ => None,
                })
                .collect(),
            Some(Value::String(one)) if one.len() <= MAX_ID => vec![one],
            Some(Value::Bool(true)) => vec![String::new()],
            Some(_) | None => Vec::new(),
        }
    }
}

/// The DID of a header in which a DID URL without fragment may stand.
fn subject(text: &str) -> Option<Did> {
    let url = DidUrl::parse(text).ok()?;
    url.fragment().is_none().then(|| url.did())
}

/// A whole number, also where it came as a text or with a fraction.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let float = number.as_f64()?;
            // Below 2^53 every whole number has its float.
            let is_exact = (0.0..9_007_199_254_740_992.0).contains(&float);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            is_exact.then_some(float as u64)
        }),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Whether both are one media type; one without `/` stands for `application/` and it.
pub(crate) fn is_media_type(found: &str, expected: &str) -> bool {
    let found: Cow<'_, str> = match found.contains('/') {
        true => found.into(),
        false => format!("application/{found}").into(),
    };
    found.eq_ignore_ascii_case(expected)
}

/// Reads headers, counting the parts of the message.
fn headers(parts: &Cell<usize>) -> HeadersVisitor<'_> {
    HeadersVisitor(Reading {
        parts,
        most: MAX_PARTS,
        is_strict: false,
    })
}

struct HeadersVisitor<'a>(Reading<'a>);

impl<'de> DeserializeSeed<'de> for HeadersVisitor<'_> {
    type Value = Headers;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Headers, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HeadersVisitor<'_> {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        self.0.part()?;
        let mut headers = Map::new();
        while let Some(name) = map.next_key()? {
            let value = map.next_value_seed(self.0)?;
            if headers.insert(name, value).is_some() {
                return Err(A::Error::custom("a header stands twice"));
            }
        }
        Ok(Headers(headers))
    }
}
