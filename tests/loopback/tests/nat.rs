//! People behind routers of every kind: whoever they are, what they write arrives, and goes straight
//! where a way can be found.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

#[path = "nat/changes.rs"]
mod changes;
#[path = "nat/lost.rs"]
mod lost;
#[path = "nat/pairs.rs"]
mod pairs;

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use signet_loopback::{Host, Internet, Mediator, Nat, Person};

/// What the mediator is called.
const NAME: &str = "mediator.test";

/// An internet with a mediator that is a relay too.
struct Online {
    internet: Internet,
    mediator: Mediator,
    server: Host,
}

/// Somebody at home.
struct Resident {
    person: Person,
    host: Host,
}

impl Online {
    fn new(folder: &Path) -> Result<Self> {
        let internet = Internet::new()?;
        let server = internet.server()?;
        let mut mediator = Mediator::new(folder, "mediator")?.on(&server, NAME);
        mediator.start()?;
        Ok(Self {
            internet,
            mediator,
            server,
        })
    }

    /// Somebody behind such a router, whom the mediator serves and a relay leads to.
    fn resident(&self, folder: &Path, name: &str, nat: Nat) -> Result<Resident> {
        let resident = self.newcomer(folder, name, nat)?;
        self.serves(&resident)?;
        Ok(resident)
    }

    /// Somebody behind such a router, who knows of no mediator.
    fn newcomer(&self, folder: &Path, name: &str, nat: Nat) -> Result<Resident> {
        let host = self.internet.home(nat)?;
        let v4 = self.server.v4().map(Into::into);
        let v6 = self.server.v6().map(Into::into);
        let addresses: Vec<_> = v4.into_iter().chain(v6).collect();
        host.knows(NAME, &addresses)?;
        let mut person = Person::new(folder, name)?.on(&host);
        person.start()?;
        Ok(Resident { person, host })
    }

    /// The mediator serves this one from now on, and a relay leads there.
    fn serves(&self, resident: &Resident) -> Result<()> {
        let link = &self.mediator.link;
        let person = &resident.person;
        person.call("mediator.add", json!({"link": link}))?;
        resident.found()
    }
}

impl Resident {
    /// Waits until a relay leads here.
    fn found(&self) -> Result<()> {
        self.person.until("a relay leads here", || {
            let me = self.person.call("whoami", json!({})).ok()?;
            let listen = me["listen"].as_array()?.iter();
            let mut listen = listen.filter_map(|address| address.as_str());
            listen.find(|at| at.contains("/p2p-circuit")).map(drop)
        })
    }
}
