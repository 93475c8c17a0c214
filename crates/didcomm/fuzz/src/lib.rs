//! What is tried with bytes of any kind: one function a target.
//!
//! Each takes what a stranger could send, panics if something does not hold, and says whether the
//! bytes were taken for what they should be. The fuzzer calls them, and `tests/corpus.rs`, which
//! replays through the same functions all that was found worth keeping.

pub mod envelope;
pub mod forward;
pub mod from_prior;
pub mod invitation;
pub mod names;
pub mod people;
pub mod plaintext;

/// A function that is tried.
pub type Target = fn(&[u8]) -> bool;

/// All of them; each has its program in `targets` and its folder in `corpus`.
pub const TARGETS: [(&str, Target); 8] = [
    ("envelope", envelope::envelope),
    ("sealed", envelope::sealed),
    ("plaintext", plaintext::plaintext),
    ("did", names::did),
    ("document", names::document),
    ("invitation", invitation::invitation),
    ("from_prior", from_prior::from_prior),
    ("forward", forward::forward),
];
