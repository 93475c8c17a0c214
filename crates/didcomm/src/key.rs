//! Keys: the public ones of documents, the secret ones of our DIDs.
//!
//! Both are enums over the curve, so another curve is one arm in each place the compiler
//! then names. X25519 agrees and Ed25519 signs; keys of the other curves are recognised and
//! kept, and using one is refused by name.

mod agreement;
mod public;
mod secret;

pub(crate) use agreement::AgreementKey;
pub use public::{Curve, PublicKey};
pub use secret::{SecretKey, SecretKeys};
