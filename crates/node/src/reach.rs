//! Where we can be reached: what the transport says, in the form that stands in a DID.

use std::collections::BTreeSet;

use signet_didcomm::document::Endpoint;
use signet_transport as transport;

/// The latest word, and who is connected.
#[derive(Default)]
pub(crate) struct Reachable {
    pub(crate) peers: BTreeSet<String>,
    /// Those of them with whom all goes through relays.
    pub(crate) relayed: BTreeSet<String>,
}

impl Reachable {
    /// The endpoints for a DID. What any agent can use stands first: others take the first.
    pub(crate) fn update(&self, reachable: &transport::Reachable) -> Vec<Endpoint> {
        let accept = vec!["didcomm/v2".to_owned()];
        let http = reachable.http.iter().map(|url| Endpoint {
            uri: url.clone(),
            accept: accept.clone(),
            routing_keys: Vec::new(),
            multi_addrs: Vec::new(),
        });
        let direct = Endpoint {
            uri: format!("libp2p-peerId:{}", reachable.peer_id),
            accept: accept.clone(),
            routing_keys: Vec::new(),
            multi_addrs: reachable.multi_addrs.clone(),
        };
        http.chain(std::iter::once(direct)).collect()
    }

    pub(crate) fn peer(&mut self, peer_id: &str, connected: bool) {
        if connected {
            self.peers.insert(peer_id.to_owned());
        } else {
            self.peers.remove(peer_id);
            self.relayed.remove(peer_id);
        }
    }

    pub(crate) fn relayed(&mut self, peer_id: &str, relayed: bool) {
        match relayed && self.peers.contains(peer_id) {
            true => self.relayed.insert(peer_id.to_owned()),
            false => self.relayed.remove(peer_id),
        };
    }
}
