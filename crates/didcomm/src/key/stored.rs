//! A secret key as it is stored: its name, its curve, its bytes.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::{Curve, SecretKey};
use crate::did::DidUrl;

/// The bytes of the longest, a scalar of P-521.
const MAX: usize = 66;

#[derive(Serialize, Deserialize)]
struct Stored {
    kid: DidUrl,
    crv: String,
    d: Raw,
}

/// The bytes as a byte string where the format has one.
struct Raw(Zeroizing<Vec<u8>>);

impl Serialize for SecretKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = Stored {
            kid: self.kid().clone(),
            crv: self.curve().name().to_owned(),
            d: Raw(self.raw().clone()),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SecretKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        Curve::from_name(&stored.crv)
            .and_then(|curve| Self::from_raw(stored.kid, curve, &stored.d.0))
            .ok_or_else(|| D::Error::custom("a secret key of a curve we do not have"))
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("at most 66 bytes")
    }

    fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Raw, E> {
        Ok(Raw(Zeroizing::new(v.to_vec())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        // Room from the start, since what a vector leaves behind when it grows is not wiped.
        let mut raw = Zeroizing::new(Vec::with_capacity(MAX));
        while let Some(byte) = seq.next_element()? {
            if raw.len() == MAX {
                return Err(A::Error::custom("more than 66 bytes"));
            }
            raw.push(byte);
        }
        Ok(Raw(raw))
    }
}
