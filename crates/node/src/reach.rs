//! Where we can be reached: what the transport says, in the form that stands in a DID.

use std::collections::BTreeSet;

use signet_didcomm::document::{self, Endpoint};
use signet_protocol::{change::Change, contact::Contact};
use signet_transport::{self as transport, Transport};

/// The latest word, and who is connected.
#[derive(Default)]
pub(crate) struct Reachable {
    pub(crate) peers: BTreeSet<String>,
    /// Those of them with whom all goes through relays.
    pub(crate) relayed: BTreeSet<String>,
}

/// Tells the wires of a contact who may, or may no longer, learn where we are.
pub(crate) fn acquaint(transport: &Transport, contact: &Contact) {
    let peers = match contact.may_learn_addresses() {
        true => peer_ids(contact),
        false => Vec::new(),
    };
    transport.know(&contact.id.to_string(), &peers);
}

/// Who a contact is to the wires, as its DID says.
pub(crate) fn peer_ids(contact: &Contact) -> Vec<String> {
    let document = document::resolve(&contact.their_did).ok();
    let endpoints = document.iter().flat_map(|document| document.endpoints());
    let peers = endpoints.filter_map(|at| at.uri.strip_prefix("libp2p-peerId:"));
    peers.map(str::to_owned).collect()
}

/// The same for those contacts that these changes are about.
pub(crate) fn acquaint_with(transport: &Transport, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Contact(contact) => acquaint(transport, contact),
            Change::ContactDeleted(id) => transport.know(&id.to_string(), &[]),
            _ => {}
        }
    }
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
