//! Others, whom a storm must not shut out: strangers who each post an envelope for Bob over a
//! connection of their own, and are answered when it is stored.

use std::{
    net::{IpAddr, Ipv4Addr},
    pin::pin,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    agent::{forward, letter},
    server::{Server, post, say},
};

const BOB: &str = "did:example:bob";
const ENCRYPTED: &str = "application/didcomm-encrypted+json";
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(50);

/// Them, and how long each waited.
pub struct Others<'a> {
    server: &'a Server,
    waited: Vec<Duration>,
}

impl<'a> Others<'a> {
    /// Bob has an account; nobody has written.
    pub async fn of(server: &'a Server) -> Self {
        server.account(BOB).await;
        let waited = Vec::new();
        Self { server, waited }
    }

    /// One more writes, from one of 200 addresses, and is served.
    pub async fn ask(&mut self) {
        let number = self.waited.len();
        let last = u8::try_from(number % 200 + 1).unwrap();
        let from = IpAddr::V4(Ipv4Addr::new(127, 0, 9, last));
        let text = number.to_string();
        let envelope = forward(&self.server.mediator, BOB, &letter(&text));

        let begun = Instant::now();
        let mut stream = self.server.connect_from(from).await;
        let reply = say(&mut stream, &post(ENCRYPTED, envelope.len()), &envelope).await;
        self.waited.push(begun.elapsed());
        let status = reply.map(|reply| reply.status);
        assert_eq!(status, Some(202), "the {number}th of the others");
    }

    /// They write until the storm ends.
    pub async fn during<T>(&mut self, storm: impl Future<Output = T>) -> T {
        let mut storm = pin!(storm);
        loop {
            self.ask().await;
            tokio::select! {
                end = storm.as_mut() => return end,
                () = sleep(PAUSE) => {}
            }
        }
    }

    /// Forgets how long they waited, for the next storm.
    pub fn again(&mut self) {
        self.waited.clear();
    }

    pub fn served(&self) -> usize {
        self.waited.len()
    }

    /// What this part of them waited less than, or as long as.
    pub fn slower_than(&self, part: f64) -> Duration {
        let mut waited = self.waited.clone();
        waited.sort();
        let last = waited.len() - 1;
        waited[(last as f64 * part).round() as usize]
    }
}
