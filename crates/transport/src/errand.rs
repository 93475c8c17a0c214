//! An attempt underway: what is left of the way it may go.

use crate::{Attempt, MAX_ENVELOPE, Outcome, Reach, address};
use libp2p::{Multiaddr, PeerId};
use reqwest::Url;
use std::{collections::VecDeque, sync::Arc};

/// Endpoints tried for one attempt; a DID document from a stranger may list any number.
const MAX_STOPS: usize = 8;
/// Addresses dialled for one endpoint.
pub(crate) const MAX_ADDRESSES: usize = 16;
/// The scheme of a libp2p endpoint.
const PEER_SCHEME: &str = "libp2p-peerId:";

/// One place where somebody may take custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Direct {
        peer: PeerId,
        addresses: Vec<Multiaddr>,
    },
    Post {
        url: Url,
        /// What goes there, if it is not what goes everywhere.
        forward: Option<Arc<[u8]>>,
    },
}

#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) id: u64,
    /// What goes to the current stop.
    pub(crate) envelope: Arc<[u8]>,
    /// The current stop is a mediator.
    pub(crate) is_forward: bool,
    pub(crate) reach: Reach,
    pub(crate) wants_answer: bool,
    /// Where the peer of the current stop may be.
    pub(crate) addresses: Vec<Multiaddr>,
    /// How often the current stop failed it.
    pub(crate) tries: u8,
    stops: VecDeque<Stop>,
    later: bool,
    refused: bool,
    reason: Option<String>,
}

impl Errand {
    /// Reads the way out of `attempt`: direct endpoints first, then HTTP, then
    /// mediators, each in order.
    pub(crate) fn new(attempt: Attempt, loopback: bool) -> Self {
        let mut stops = VecDeque::new();
        let mut posts = Vec::new();
        for endpoint in &attempt.endpoints {
            if let Some(peer) = peer_of(&endpoint.uri) {
                let addresses =
                    dialable(&attempt.addresses, &endpoint.multi_addrs, &peer, loopback);
                stops.push_back(Stop::Direct { peer, addresses });
            } else if let Some(url) = url_of(&endpoint.uri) {
                posts.push(Stop::Post { url, forward: None });
            }
        }
        posts.extend(attempt.forwards.into_iter().filter_map(|forward| {
            let url = url_of(&forward.uri)?;
            let forward = Some(forward.envelope).filter(|envelope| fits(envelope));
            forward.is_some().then_some(Stop::Post { url, forward })
        }));
        // Whatever else is listed, one place of each kind has its chance.
        stops.truncate(MAX_STOPS / 2);
        posts.truncate(MAX_STOPS - stops.len());
        stops.extend(posts);
        Self {
            id: attempt.id,
            envelope: attempt.envelope,
            is_forward: false,
            reach: attempt.reach,
            wants_answer: attempt.wants_answer,
            addresses: Vec::new(),
            tries: 0,
            stops,
            later: false,
            refused: false,
            reason: None,
        }
    }

    /// Whether it is of a size that anybody takes.
    pub(crate) fn fits(&self) -> bool {
        fits(&self.envelope)
    }

    /// Goes on to the next stop, if there is one.
    pub(crate) fn advance(&mut self) -> Option<Stop> {
        let mut stop = self.stops.pop_front()?;
        self.tries = 0;
        match &mut stop {
            Stop::Direct { addresses, .. } => self.addresses = std::mem::take(addresses),
            // Mediators come last, so nobody else needs the other one any more.
            Stop::Post { forward, .. } => {
                if let Some(forward) = forward.take() {
                    self.envelope = forward;
                    self.is_forward = true;
                }
            }
        }
        Some(stop)
    }

    /// Whether anybody else could take it, should the current stop not.
    pub(crate) fn has_alternative(&self) -> bool {
        !self.stops.is_empty()
    }

    /// The current stop was reached and put us off.
    pub(crate) fn put_off(&mut self) {
        self.later = true;
    }

    /// The current stop will never take it. Another one gets it wrapped otherwise, or is another.
    pub(crate) fn refused(&mut self) {
        self.refused = true;
    }

    /// The current stop could not be reached. The first reason is the one told, for the first
    /// stop is the one that matters most.
    pub(crate) fn failed(&mut self, reason: &str) {
        self.reason.get_or_insert_with(|| reason.to_owned());
    }

    /// What became of it, now that all stops are behind it.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.later {
            return Outcome::Later;
        }
        if self.refused {
            return Outcome::No;
        }
        let reason = self.reason.as_deref();
        Outcome::Unreachable(
            reason
                .unwrap_or("none of the endpoints is of a kind we can use")
                .to_owned(),
        )
    }
}

fn fits(envelope: &[u8]) -> bool {
    (1..=MAX_ENVELOPE).contains(&envelope.len())
}

/// Who a libp2p endpoint is.
pub(crate) fn peer_of(uri: &str) -> Option<PeerId> {
    let scheme = uri.get(..PEER_SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(PEER_SCHEME) {
        return None;
    }
    uri[PEER_SCHEME.len()..].parse().ok()
}

fn url_of(uri: &str) -> Option<Url> {
    let url: Url = uri.parse().ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn dialable(newer: &[String], older: &[String], peer: &PeerId, loopback: bool) -> Vec<Multiaddr> {
    let mut addresses = Vec::new();
    for text in newer
        .iter()
        .take(MAX_ADDRESSES)
        .chain(older.iter().take(MAX_ADDRESSES))
    {
        match address::dialable(text, peer, loopback) {
            Some(address) if !addresses.contains(&address) => addresses.push(address),
            _ => {}
        }
    }
    addresses.truncate(MAX_ADDRESSES);
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;

    fn endpoint(uri: impl Into<String>, multi_addrs: &[&str]) -> Endpoint {
        let multi_addrs = multi_addrs.iter().map(|&text| text.to_owned()).collect();
        Endpoint {
            uri: uri.into(),
            multi_addrs,
        }
    }

    fn errand(endpoints: Vec<Endpoint>, addresses: &[&str]) -> Errand {
        let addresses = addresses.iter().map(|&text| text.to_owned()).collect();
        let envelope = Arc::from(*b"{}");
        let attempt = Attempt {
            id: 1,
            envelope,
            endpoints,
            forwards: Vec::new(),
            addresses,
            reach: Reach::Anywhere,
            wants_answer: false,
        };
        Errand::new(attempt, false)
    }

    #[test]
    fn direct_goes_before_http_and_newer_addresses_before_older() {
        let peer = PeerId::random();
        let mut errand = errand(
            vec![
                endpoint("https://example.org/didcomm", &[]),
                endpoint(
                    format!("libp2p-peerId:{peer}"),
                    &["/ip4/9.9.9.9/tcp/1", "/ip4/9.9.9.9/tcp/2"],
                ),
                endpoint("did:web:example.org", &[]),
            ],
            &["/ip4/9.9.9.9/tcp/2"],
        );

        assert!(
            matches!(errand.advance(), Some(Stop::Direct { peer: found, .. }) if found == peer)
        );
        let known: Vec<_> = errand.addresses.iter().map(Multiaddr::to_string).collect();
        assert_eq!(known, ["/ip4/9.9.9.9/tcp/2", "/ip4/9.9.9.9/tcp/1"]);
        assert!(errand.has_alternative());
        assert!(matches!(errand.advance(), Some(Stop::Post { .. })));
        assert_eq!(errand.advance(), None);
    }

    #[test]
    fn a_document_full_of_endpoints_is_not_worked_through() {
        let mut many: Vec<_> = (0..100)
            .map(|_| endpoint(format!("libp2p-peerId:{}", PeerId::random()), &[]))
            .collect();
        many.extend((0..100).map(|n| endpoint(format!("http://example.org/{n}"), &[])));

        let mut errand = errand(many, &[]);
        let stops: Vec<_> = std::iter::from_fn(|| errand.advance()).collect();

        assert_eq!(stops.len(), MAX_STOPS);
        assert!(matches!(stops.last(), Some(Stop::Post { .. })));
    }

    #[test]
    fn being_put_off_counts_more_than_being_unreachable() {
        let mut errand = errand(Vec::new(), &[]);
        assert!(
            matches!(errand.outcome(), Outcome::Unreachable(reason) if reason.contains("kind"))
        );

        errand.failed("first");
        errand.failed("second");
        assert_eq!(errand.outcome(), Outcome::Unreachable("first".to_owned()));

        errand.put_off();
        assert_eq!(errand.outcome(), Outcome::Later);
    }
}
