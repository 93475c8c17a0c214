//! Which wires work, and where we are.

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
            let reachable = look.transport.reachable();
            view::Me {
                name: look.machine.profile().name.clone(),
                profile,
                listen: listen(look),
                http: reachable.http,
                public_id: reachable.peer_id.clone(),
                peer_id: reachable.peer_id,
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
            let http = look.transport.reachable().http;
            let (state, sentence) = match (peers, listen.is_empty() && http.is_none()) {
                (_, true) => (
                    "offline",
                    "No network. Messages wait here and leave when a way opens.".to_owned(),
                ),
                (0, false) => (
                    "alone",
                    "You can be reached. Nobody is connected at the moment.".to_owned(),
                ),
                (1, false) => ("online", "One direct connection stands.".to_owned()),
                (n, false) => ("online", format!("{n} direct connections stand.")),
            };
            let peers = u32::try_from(peers).unwrap_or(u32::MAX);
            view::Network {
                state: state.to_owned(),
                peers,
                listen,
                http,
                sentence,
            }
        })
        .await
    }
}

fn listen(look: &Look) -> Vec<String> {
    let reachable = look.transport.reachable();
    reachable
        .multi_addrs
        .iter()
        .map(|address| format!("{address}/p2p/{}", reachable.peer_id))
        .collect()
}
