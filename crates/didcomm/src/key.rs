//! Keys: the public ones of documents, the secret ones of our DIDs.
//!
//! X25519, P-384 and P-521 agree, Ed25519 and secp256k1 sign, P-256 does both.

mod agreement;
mod curve;
mod pair;
mod point;
mod public;
mod secret;
mod secrets;
mod signing;
mod stored;

pub(crate) use agreement::AgreementKey;
pub use curve::Curve;
pub use pair::Pair;
pub use public::PublicKey;
pub use secret::SecretKey;
pub use secrets::SecretKeys;
pub(crate) use signing::SignatureAlgorithm;
