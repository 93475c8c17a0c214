//! A DIDComm mediator: what a small server adds to [`signet_protocol::mediator`], which decides
//! everything.
//!
//! An envelope comes by POST or WebSocket to the [`desk`], which reads it, lets the mailbox make the
//! changes and answer the question, and hands back what goes back. Accounts that want their mail at once
//! are remembered by [`live`] as long as their connection stands; nothing else is.
//!
//! | module | holds |
//! |---|---|
//! | `settings` | flags, environment and file, checked |
//! | `identity` | who the mediator is, kept in its mailbox |
//! | `postgres` | the mailbox of a mediator that runs on several machines |
//! | `shards` | the same in several databases |
//! | `desk` | one envelope, from its bytes to what goes back |
//! | `live` | connections that wait for mail |
//! | `relay` | the libp2p relay beside it |
//! | `server` | sockets: accepting, limits, ending |
//! | `bounded` | a connection that holds little |
//! | `places` | how much of something one address may have |
//! | `http` | POST, health, metrics, the front page |
//! | `invitation` | the page of an invitation that is hosted here |
//! | `socket` | one WebSocket |
//! | `rate` | how often one address may ask |
//! | `tls` | a certificate of its own |
//! | `metrics` | what is counted |

mod bounded;
pub mod desk;
mod http;
pub mod identity;
mod invitation;
pub mod live;
pub mod metrics;
mod page;
mod places;
pub mod postgres;
mod rate;
pub mod relay;
pub mod server;
pub mod settings;
pub mod shards;
mod socket;
pub mod tls;

pub use postgres::Postgres;
pub use shards::Shards;
