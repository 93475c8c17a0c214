//! The peers whom the node knows to be contacts that may learn where we are. Nobody else is told by the
//! wires, whatever he asks of them.

use libp2p::PeerId;
use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

/// As many as the node has contacts.
#[derive(Default)]
pub(crate) struct Acquaintances(RwLock<HashMap<String, Vec<PeerId>>>);

impl Acquaintances {
    /// The contact of this name is these peers from now on.
    pub(crate) fn know(&self, name: &str, peers: Vec<PeerId>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match peers.is_empty() {
            true => all.remove(name),
            false => all.insert(name.to_owned(), peers),
        };
    }

    pub(crate) fn has(&self, peer: &PeerId) -> bool {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.values().any(|peers| peers.contains(peer))
    }
}
