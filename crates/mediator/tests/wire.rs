//! The program `signet-mediator` as others meet it: over HTTP and WebSocket, and when it is killed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "desk/agent.rs"]
mod agent;
#[path = "wire/bounds.rs"]
mod bounds;
#[path = "wire/hosting.rs"]
mod hosting;
#[path = "wire/http.rs"]
mod http;
#[path = "wire/kills.rs"]
mod kills;
#[path = "wire/page.rs"]
mod page;
#[path = "wire/server.rs"]
mod server;
#[path = "wire/socket.rs"]
mod socket;
#[path = "wire/tls.rs"]
mod tls;
#[path = "wire/web.rs"]
mod web;
