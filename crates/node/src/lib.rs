//! The one loop between machine, disk and wires, and what screens and programs ask of it.
//!
//! | file | holds |
//! |---|---|
//! | `run` | the loop: input → step → commit → answer → perform → tell |
//! | `node` | the handle: starting, asking, stopping |
//! | `reach`, `rendezvous` | where we can be reached, and by whom; whom we meet where nobody is reached |
//! | `ask` | the questions and wishes, by theme |
//! | `view` | the answers' types, which a screen shows |
//! | `event` | notices of what happened |
//! | `unlock` | passphrase, keyring, key file |
//! | `rpc` | the same over JSON-RPC, for programs and the command line |

mod ask;
mod clock;
mod event;
mod node;
mod perform;
mod reach;
mod rendezvous;
pub mod rpc;
mod run;
mod unlock;
pub mod view;

pub use event::Event;
pub use node::{Node, Options};
pub use signet_protocol::contact::ContactId;
pub use signet_transcript::Format;
pub use unlock::{Secrets, Unlock, keyring_answers};
pub use view::ViewError;
