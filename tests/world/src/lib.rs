//! The test world: people, a virtual clock, bad wires.
//!
//! Each person is the pure `Messenger` with a disk of its own, driven by the node's loop. Wires
//! lose, repeat, mix up and hold back; people crash between a commit and its effects and come
//! back from what their disk holds; clocks jump. One seed decides everything, so a failing seed
//! replays exactly and becomes a named test.
//!
//! ```
//! use signet_world::World;
//!
//! let mut world = World::seeded(7).losing(0.3).duplicating(0.3);
//! let (alice, bob) = world.acquainted("alice", "bob");
//!
//! world.send(alice, bob, "before");
//! world.rotate(alice, bob);
//! world.send(alice, bob, "after");
//! world.settle();
//!
//! assert_eq!(world.read(bob, alice), ["before", "after"]);
//! ```
//!
//! Whatever a story asserts, the world itself asserts at every turn: the disk folds to what the
//! machine holds, a restored machine is the same, no step packs more than 16 envelopes, entries
//! stand without gaps, no message is taken twice, and whoever sees `delivered` is right.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the world exists for tests only: what does not hold ends the test"
)]

mod agent;
mod creed;
mod dice;
mod forge;
mod ledger;
mod mediated;
mod mediator;
mod memory;
mod node;
mod person;
mod seeds;
mod setting;
mod sight;
mod socket;
mod story;
mod telling;
mod traffic;
mod wires;
mod world;

pub use agent::{Received, Stranger};
pub use mediator::Keeper;
pub use memory::Memory;
pub use person::Who;
pub use seeds::{Seeds, Tally, with_seeds};
pub use setting::Weather;
pub use world::World;
