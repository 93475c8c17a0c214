//! What to do when something happens, in two roles: [`Messenger`] is a person's, [`Mediator`] that of
//! somebody who keeps mail for others and remembers nothing of his own.
//!
//! Whatever happens (a command, a message, a report, a timeout) is handed to a pure machine with
//! the time, and it returns one [`Step`]: what to remember first, and what to perform then.
//!
//! The messenger's invariants, each held by a scenario of the test world:
//!
//! - Nothing is promised to the world before it is on disk: acknowledgements, answers, ticks.
//! - `Err` means nothing changed. A refusal that must be remembered is a [`Step`].
//! - A machine restored from the committed records equals the running one.
//! - The outbox keeps plaintext and packs again at each attempt, so neither a rotation nor a
//!   change of route strands a message.
//! - A message rests once a hop took custody. It is sent again only on evidence of loss: the
//!   contact acknowledged a later one, one of us rotated, the hop gave it up, or 7 days passed
//!   (then at most weekly). A contact who has never acknowledged anything never gets the same
//!   message twice after custody.
//! - At most one unconfirmed rotation per contact; further wishes wait and merge.
//! - A step is bounded: at most 16 envelopes packed. A command over many contacts records the
//!   wish and works it off.
//! - If a commit fails, the node stops, and the person is told. Memory never outlives disk.
//! - Everything a stranger can grow is bounded: see [`limit`].
//! - Time handed in never runs backwards. Nothing irreversible happens until the clock has
//!   passed its due time at two wake-ups an hour apart.
//! - An invitation is answered by a rotation: the inviter's public DID is replaced by a pairwise
//!   one with `from_prior`. There is no other handshake.

mod acks;
mod addresses;
mod agenda;
pub mod change;
pub mod command;
pub mod contact;
mod content;
mod due;
pub mod entry;
mod features;
pub mod identity;
pub mod invitation;
pub mod limit;
mod mediating;
pub mod mediation;
pub mod mediator;
mod meeting;
mod messenger;
mod obey;
mod order;
mod outbox;
pub mod outgoing;
mod packing;
pub mod profile;
mod receive;
pub mod rendezvous;
mod resolved;
mod rotation;
mod route;
mod spare;
mod state;
pub mod step;
mod stranger;
pub mod time;
mod turn;
mod visit;
mod wire;

pub use addresses::PROTOCOLS;
pub use change::Change;
pub use mediator::Mediator;
pub use messenger::{MediatorNews, Messenger, RestoreError};
pub use receive::{Facts, Opened, Rejected, Verdict};
pub use step::Step;
