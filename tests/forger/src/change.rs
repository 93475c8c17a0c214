//! Good envelopes, changed in one place.

use serde_json::Value;
use signet_didcomm::{Curve, PublicKey};

use crate::{b64, unb64};

/// The protected header of an envelope, changed.
///
/// # Panics
/// If it is no such envelope.
pub fn with_protected(envelope: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut envelope = envelope.clone();
    let bytes = unb64(envelope["protected"].as_str().unwrap());
    let mut header: Value = serde_json::from_slice(&bytes).unwrap();
    change(&mut header);
    envelope["protected"] = b64(header.to_string()).into();
    envelope
}

/// The base64url member of an envelope with one bit of its bytes flipped.
///
/// # Panics
/// If it is no such envelope.
pub fn with_flipped(envelope: &Value, pointer: &str) -> Value {
    let mut envelope = envelope.clone();
    let member = envelope.pointer_mut(pointer).unwrap();
    let mut bytes = unb64(member.as_str().unwrap());
    bytes[3] ^= 0x10;
    *member = b64(bytes).into();
    envelope
}

/// A public key that agrees on zero with everybody.
pub fn low_order() -> PublicKey {
    PublicKey::new(Curve::X25519, &[0; 32]).unwrap()
}

/// The same envelope with its one recipient at top level.
///
/// # Panics
/// If it has none.
pub fn flattened(envelope: &Value) -> Value {
    let mut flat = envelope.clone();
    let mut recipients = flat["recipients"].take();
    flat.as_object_mut().unwrap().remove("recipients");
    for name in ["header", "encrypted_key"] {
        flat[name] = recipients[0][name].take();
    }
    flat
}
