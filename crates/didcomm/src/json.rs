//! JSON read with what serde leaves open: names that stand twice, and how much there may be.
//!
//! A protected header read one way by one library and another way by the next is an attack;
//! serde would keep the last of two equal names. Source: RFC 7515 §4, RFC 7516 §4.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads an object, refusing repeated names at any depth; `None` for anything else.
pub(crate) fn strict_object(bytes: &[u8]) -> Option<Map<String, Value>> {
    let parts = Cell::new(0);
    let strict = Reading {
        parts: &parts,
        most: usize::MAX,
        is_strict: true,
    };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = strict.deserialize(&mut json).ok()?;
    json.end().ok()?;
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// How a value is read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// The objects and lists so far.
    pub(crate) parts: &'a Cell<usize>,
    /// How many there may be.
    pub(crate) most: usize,
    /// Whether a name that stands twice is refused.
    pub(crate) is_strict: bool,
}

impl Reading<'_> {
    /// One more object or list.
    pub(crate) fn part<E: Error>(self) -> Result<(), E> {
        self.parts.set(self.parts.get().saturating_add(1));
        match self.parts.get() > self.most {
            true => Err(E::custom("too many objects and lists")),
            false => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(Number::from_f64(v).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        self.part()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.part()?;
        let mut object = Map::new();
        while let Some(name) = map.next_key()? {
            let value = map.next_value_seed(self)?;
            if object.insert(name, value).is_some() && self.is_strict {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_is_refused_at_any_depth() {
        assert!(strict_object(br#"{"a":1,"b":{"c":[{"d":null}]}}"#).is_some());
        assert!(strict_object(br#"{"a":1,"a":1}"#).is_none());
        assert!(strict_object(br#"{"b":{"c":[{"d":1,"d":2}]}}"#).is_none());
        assert!(strict_object(br"[]").is_none());
        assert!(strict_object("[".repeat(10_000).as_bytes()).is_none());
    }
}
