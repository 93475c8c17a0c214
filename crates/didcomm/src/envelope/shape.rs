//! What a JSON object is, by the first of its names that tells.
//!
//! It does not read past that name, so a large body costs nothing here.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// The three forms a message travels in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Encrypted,
    Signed,
    Plaintext,
}

/// `None` for what is no JSON object or has no telling name.
pub(super) fn shape(bytes: &[u8]) -> Option<Shape> {
    let found = Cell::new(None);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    // Stopping early is an error to serde; only what was found counts.
    let _ = json.deserialize_map(ShapeVisitor(&found));
    found.get()
}

fn telling(name: &str) -> Option<Shape> {
    match name {
        "recipients" | "encrypted_key" | "iv" | "ciphertext" | "tag" => Some(Shape::Encrypted),
        "payload" | "signatures" | "signature" => Some(Shape::Signed),
        "id" | "type" | "typ" | "body" | "from" | "to" | "attachments" | "thid" | "pthid"
        | "created_time" | "expires_time" | "from_prior" => Some(Shape::Plaintext),
        _ => None,
    }
}

struct ShapeVisitor<'a>(&'a Cell<Option<Shape>>);

impl<'de> Visitor<'de> for ShapeVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if let Some(shape) = telling(&name) {
                self.0.set(Some(shape));
                return Err(A::Error::custom("told"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_telling_name_decides() {
        assert_eq!(
            shape(br#"{"protected":"","iv":""}"#),
            Some(Shape::Encrypted)
        );
        assert_eq!(
            shape(br#"{"protected":"","payload":""}"#),
            Some(Shape::Signed)
        );
        assert_eq!(
            shape(br#"{"zzz":{"iv":1},"id":"1"}"#),
            Some(Shape::Plaintext)
        );
    }

    #[test]
    fn what_tells_nothing_has_no_shape() {
        for none in [
            "",
            "{}",
            "[]",
            "\"id\"",
            "{\"protected\":\"\"}",
            "id",
            "{\"zzz\":",
        ] {
            assert_eq!(shape(none.as_bytes()), None, "{none}");
        }
    }
}
