//! `signet-mediator` in a storm: malformed requests, sockets that say nothing, floods. It runs in a
//! process of its own; a campaign (`SIGNET_CAMPAIGN=full`) is about twenty times as much of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "desk/agent.rs"]
mod agent;
#[path = "storm/flood.rs"]
mod flood;
#[path = "storm/frames.rs"]
mod frames;
#[path = "storm/half_open.rs"]
mod half_open;
#[path = "storm/malformed.rs"]
mod malformed;
#[path = "storm/mouth.rs"]
mod mouth;
#[path = "storm/others.rs"]
mod others;
#[path = "storm/port.rs"]
mod port;
#[path = "storm/requests.rs"]
mod requests;
#[path = "storm/row.rs"]
mod row;
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "wire/server.rs"]
mod server;
#[path = "storm/spoil.rs"]
mod spoil;

/// So many each time, and so many in a campaign.
fn size(each_time: usize, campaign: usize) -> usize {
    let is_campaign = std::env::var("SIGNET_CAMPAIGN").is_ok_and(|size| size == "full");
    if is_campaign { campaign } else { each_time }
}
