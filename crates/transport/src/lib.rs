//! The wires: libp2p and HTTP carry opaque envelopes and report what became of them.
//!
//! [`start`] gives a [`Transport`] and the stream of its [`Event`]s. What goes out is an
//! [`Attempt`]: one envelope, the endpoints it may go to, and how far we may reach for them. It
//! ends in exactly one [`Event::Attempt`]. What comes in is an [`Event::Envelope`], and whoever
//! sent it waits until [`Transport::answer`] says whether it is safely kept.
//!
//! Nothing here reads an envelope, knows a DID or keeps anything: a PeerId and an IP address
//! prove nothing about who wrote.
//!
//! | module | holds |
//! |---|---|
//! | `event` | the words spoken with the node |
//! | `transport` | the handle, starting and stopping |
//! | `swarm`, `news` | the one task that owns the libp2p swarm, and what it has to tell |
//! | `behaviour` | what the swarm is made of |
//! | `closings` | connections that were closed |
//! | `fresh` | a behaviour that begins anew in another network |
//! | `punching`, `acquaintances` | holes for contacts, and for nobody else |
//! | `quiet` | what is said of us to everybody: little |
//! | `links`, `reservations` | the connections of each peer; our places at relays |
//! | `relay` | a relay for others, and a rendezvous point |
//! | `rendezvous` | being found by those who know no address of ours, and finding them |
//! | `address`, `port`, `book` | what an address is good for; our ports; the addresses known of each peer |
//! | `errand`, `router` | an attempt underway, and the way from one endpoint to the next |
//! | `lane` | the stream that carries envelopes to one peer |
//! | `frame` | how envelopes and answers look on a stream |
//! | `intake` | envelopes that came in and wait for their answer |
//! | `http` | the same over HTTP; documents that a person asks for |

mod acquaintances;
mod address;
mod behaviour;
mod book;
mod closings;
mod errand;
mod event;
mod frame;
mod fresh;
pub mod http;
mod intake;
mod lane;
mod links;
mod news;
mod port;
mod punching;
mod quiet;
pub mod relay;
mod rendezvous;
mod reservations;
mod router;
mod swarm;
mod transport;

pub use event::{
    Answer, Attempt, Endpoint, Event, Forward, InboundId, Listen, Outcome, Reach, Reachable, Via,
};
pub use frame::MAX_ENVELOPE;
pub use rendezvous::{MAX_MEETINGS, Meeting};
pub use transport::{Config, StartError, Transport, start};
