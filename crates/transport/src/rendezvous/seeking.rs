//! Looking for somebody who is at none of the addresses that we know.

use super::{ask, record, wire};
use crate::{address, errand::MAX_ADDRESSES, router::Router};
use futures::{StreamExt, stream::FuturesUnordered};
use libp2p::{Multiaddr, PeerId, core::PeerRecord};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use wire::{Answer, Request};

/// How long all of it may take, and how much of that until we are connected with a point.
const BUDGET: Duration = Duration::from_secs(2);
const CONNECT_BUDGET: Duration = Duration::from_millis(1500);
/// Rendezvous points of the other side that are asked.
const MAX_THEIRS: usize = 4;

/// A rendezvous point to be asked, and where it is if that is not known otherwise.
type Point = (PeerId, Vec<Multiaddr>);

impl Router {
    /// Asks where `peer` is, at the relays behind which he was last and at ours. What comes of it is his
    /// own word, and not more to be trusted than if he had told it to us: those addresses that we dial and
    /// that are not `known`.
    pub(crate) async fn seek(&self, peer: PeerId, known: &[Multiaddr]) -> Vec<Multiaddr> {
        let now = Instant::now();
        let points = self.points(&peer, known);
        if points.is_empty() {
            return Vec::new();
        }
        let names = self.meetings.seek(&peer, now);
        if names.is_empty() {
            return Vec::new();
        }
        let mut records = Vec::new();
        let asked = points
            .into_iter()
            .map(|point| self.ask_for(peer, point, &names));
        let mut asked: FuturesUnordered<_> = asked.collect();
        // Those that are silent do not keep us from what the others say.
        while let Ok(Some(found)) = timeout_at(now + BUDGET, asked.next()).await {
            records.extend(found);
        }
        let found = newest_first(records, &peer, self.loopback, known);
        tracing::debug!(
            found = found.len(),
            "looked for somebody at rendezvous points"
        );
        found
    }

    /// His, as far as his addresses tell, and ours.
    fn points(&self, peer: &PeerId, known: &[Multiaddr]) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for (at, relay) in known.iter().filter_map(address::relay_of) {
            let has_room = points.len() < MAX_THEIRS;
            match points.iter_mut().find(|(point, _)| *point == relay) {
                Some((_, addresses)) => addresses.push(at),
                None if has_room => points.push((relay, vec![at])),
                None => {}
            }
        }
        for place in &self.network.standing().borrow().places {
            if points.iter().all(|(point, _)| *point != place.relay) {
                points.push((place.relay, Vec::new()));
            }
        }
        points.retain(|(point, _)| point != peer);
        points
    }

    async fn ask_for(&self, peer: PeerId, point: Point, names: &[String]) -> Vec<PeerRecord> {
        let (point, addresses) = point;
        if !addresses.is_empty() {
            let dial = self.dial(point, addresses, false);
            if !matches!(timeout(CONNECT_BUDGET, dial).await, Ok(Ok(()))) {
                return Vec::new();
            }
        }
        let ask_under = |name: &String| {
            let mut control = self.control.clone();
            let request = Request::Discover {
                name: Some(name.clone()),
            };
            async move { ask(&mut control, point, &request).await }
        };
        let answers = futures::future::join_all(names.iter().map(ask_under)).await;
        let found = answers.into_iter().filter_map(|answer| match answer {
            Ok(Answer::Found { records }) => Some(records),
            Ok(_) | Err(_) => None,
        });
        let found = found.flatten();
        let found = found.filter_map(|found| record::read(&found.record, &peer));
        found.collect()
    }
}

/// The addresses in these records that we dial, those of the newest record first.
fn newest_first(
    mut records: Vec<PeerRecord>,
    peer: &PeerId,
    loopback: bool,
    known: &[Multiaddr],
) -> Vec<Multiaddr> {
    records.sort_by_key(|record| std::cmp::Reverse(record.seq()));
    let mut found = Vec::new();
    for told in records.iter().flat_map(PeerRecord::addresses) {
        match address::dialable_address(told, peer, loopback) {
            Some(address) if !known.contains(&address) && !found.contains(&address) => {
                found.push(address);
            }
            _ => {}
        }
    }
    found.truncate(MAX_ADDRESSES);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::identity::Keypair;

    #[test]
    fn what_is_found_is_dialled_as_what_was_told() {
        let keypair = Keypair::generate_ed25519();
        let peer = keypair.public().to_peer_id();
        let at = |text: &str| -> Multiaddr { text.parse().unwrap() };
        let other = PeerId::random();
        let told = vec![
            at("/ip4/127.0.0.1/tcp/1"),
            at("/ip4/9.9.9.9/udp/53"),
            at(&format!("/ip4/9.9.9.9/tcp/1/p2p/{other}")),
            at("/ip4/9.9.9.9/tcp/1"),
            at("/ip4/9.9.9.9/tcp/2"),
            at("/ip4/9.9.9.9/tcp/2"),
        ];
        let record = PeerRecord::new(&keypair, told).unwrap();
        let many = (1..1000).map(|port| at(&format!("/ip4/9.9.9.8/tcp/{port}")));
        let many = PeerRecord::new(&keypair, many.collect()).unwrap();
        let known = [at("/ip4/9.9.9.9/tcp/1")];

        let found = newest_first(vec![record.clone()], &peer, false, &known);
        assert_eq!(found, [at("/ip4/9.9.9.9/tcp/2")]);
        let found = newest_first(vec![many, record], &peer, false, &known);
        assert_eq!(found.len(), MAX_ADDRESSES);
    }
}
