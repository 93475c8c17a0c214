//! Re-exports the current askar-crypto under the version that the published `didcomm` asks for.
pub use current::*;
