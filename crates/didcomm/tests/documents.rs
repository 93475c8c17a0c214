//! Documents in the shapes in which they are met, one test a shape.
//!
//! Source: W3C DID core §5; DIDComm Messaging v2.1, "DID Document Keys", "Service Endpoint".

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "documents/keys.rs"]
mod keys;
#[path = "documents/services.rs"]
mod services;

use serde_json::{Value, json};
use signet_didcomm::{Did, DidUrl, Document, Endpoint};

fn did() -> Did {
    Did::parse("did:web:example.com").unwrap()
}

fn kid(name: &str) -> DidUrl {
    DidUrl::parse(&format!("did:web:example.com#{name}")).unwrap()
}

fn read(json: &Value) -> Document {
    Document::from_json(json, &did()).unwrap()
}
