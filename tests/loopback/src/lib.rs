//! Real processes on loopback: each person is a `signet rpc` of its own, with a profile of its own.
//!
//! The harness starts the program that `SIGNET_BIN` names, or the `signet` beside the test, speaks
//! JSON-RPC with it, waits for conditions (each event is an occasion to look again, and nothing
//! sleeps), and kills it by its own process id. Everything a person owns, logs and temporary
//! files included, lies in one folder that goes with them.

mod balancer;
mod client;
mod internet;
mod lab;
mod mediator;
mod namespace;
mod person;
mod program;

pub use balancer::Balancer;
pub use client::{Client, Refused};
pub use internet::{Host, Internet, Nat};
pub use lab::Lab;
pub use mediator::Mediator;
pub use person::{Person, acquainted, in_history};
pub use program::{Told, program};

/// Whether a campaign runs at full size; otherwise about a twentieth of it.
#[must_use]
pub fn is_campaign() -> bool {
    std::env::var("SIGNET_CAMPAIGN").is_ok_and(|size| size == "full")
}
