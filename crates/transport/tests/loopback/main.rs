//! Transports that talk with each other, with strangers and with web servers, all on this
//! machine's loopback and on ports the system picks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod direct;
mod end;
mod fetch;
mod post;
mod reaching;
mod relayed;
mod rendezvous;
mod stranger;
mod strangers;
mod web;
