//! Which wires work, and where we are.

use std::collections::BTreeSet;

use signet_transport::Transport;

use crate::{
    Node,
    run::Look,
    view::{self, ViewError},
};

impl Node {
    /// Who I am.
    ///
    /// # Errors
    /// One sentence if the node has stopped.
    pub async fn me(&self) -> Result<view::Me, ViewError> {
        let profile = self.profile().display().to_string();
        self.look(move |look| {
            let endpoints = &look.machine.profile().endpoints;
            let mut peer_ids = endpoints
                .iter()
                .filter_map(|e| e.uri.strip_prefix("libp2p-peerId:"));
            // Offline, it is the one that contacts know; before the first time online there is none.
            let known = peer_ids.next().unwrap_or_default().to_owned();
            let reachable = look.transport.map(Transport::reachable);
            let peer_id = reachable.as_ref().map_or(known, |r| r.peer_id.clone());
            view::Me {
                name: look.machine.profile().name.clone(),
                profile,
                listen: listen(look),
                http: reachable.and_then(|r| r.http),
                public_id: peer_id.clone(),
                peer_id,
            }
        })
        .await
    }

    /// Which wires work, in plain words.
    ///
    /// # Errors
    /// One sentence if the node has stopped.
    pub async fn network(&self) -> Result<view::Network, ViewError> {
        self.look(|look| {
            let peers = look.peers.len();
            let listen = listen(look);
            let http = look.transport.and_then(|t| t.reachable().http);
            let (state, sentence) = match (peers, listen.is_empty() && http.is_none()) {
                (_, true) => (
                    "offline",
                    "No network. Messages wait here and leave when a way opens.".to_owned(),
                ),
                (0, false) => (
                    "alone",
                    "You can be reached. Nobody is connected at the moment.".to_owned(),
                ),
                (1, false) => ("online", "One connection stands.".to_owned()),
                (n, false) => ("online", format!("{n} connections stand.")),
            };
            let peers = u32::try_from(peers).unwrap_or(u32::MAX);
            view::Network {
                state: state.to_owned(),
                peers,
                relays: relays(&listen),
                listen,
                http,
                sentence,
            }
        })
        .await
    }
}

/// How many relays these addresses lead through.
fn relays(listen: &[String]) -> u32 {
    let relays = listen.iter().filter_map(|address| {
        let (before, _) = address.split_once("/p2p-circuit")?;
        before.rsplit_once("/p2p/").map(|(_, relay)| relay)
    });
    let relays: BTreeSet<_> = relays.collect();
    u32::try_from(relays.len()).unwrap_or(u32::MAX)
}

fn listen(look: &Look) -> Vec<String> {
    let Some(reachable) = look.transport.map(Transport::reachable) else {
        return Vec::new();
    };
    reachable
        .multi_addrs
        .iter()
        .map(|address| format!("{address}/p2p/{}", reachable.peer_id))
        .collect()
}
