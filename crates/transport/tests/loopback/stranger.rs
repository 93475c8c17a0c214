//! A peer that speaks libp2p well enough to write whatever it likes.

use crate::end::{End, PATIENCE};
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::swarm::{SwarmEvent, dial_opts::DialOpts};
use libp2p::{PeerId, Stream, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use signet_transport::Endpoint;
use tokio::{task::JoinHandle, time::timeout};

pub const ANSWERED: StreamProtocol = StreamProtocol::new("/didcomm/v2/ack/1");
pub const SIMPLEX: StreamProtocol = StreamProtocol::new("/didcomm/v2");

pub struct Stranger {
    pub control: libp2p_stream::Control,
    pub endpoint: Endpoint,
    swarm: JoinHandle<()>,
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.swarm.abort();
    }
}

impl Stranger {
    /// One that listens.
    pub async fn new() -> Self {
        let mut swarm = swarm();
        swarm
            .listen_on("/ip4/127.0.0.1/tcp/0".parse().unwrap())
            .unwrap();
        let address = loop {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                break address;
            }
        };
        Self::run(swarm, vec![address.to_string()])
    }

    /// One that is connected to `end`.
    pub async fn at(end: &End) -> (Self, PeerId) {
        let mut swarm = swarm();
        let peer: PeerId = end.peer_id().parse().unwrap();
        let addresses = end.endpoint().multi_addrs;
        let addresses = addresses
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        swarm
            .dial(DialOpts::peer_id(peer).addresses(addresses).build())
            .unwrap();
        timeout(PATIENCE, async {
            while !swarm.is_connected(&peer) {
                swarm.select_next_some().await;
            }
        })
        .await
        .unwrap();
        (Self::run(swarm, Vec::new()), peer)
    }

    fn run(mut swarm: Swarm<libp2p_stream::Behaviour>, multi_addrs: Vec<String>) -> Self {
        let uri = format!("libp2p-peerId:{}", swarm.local_peer_id());
        let control = swarm.behaviour().new_control();
        let swarm = tokio::spawn(async move { while swarm.next().await.is_some() {} });
        Self {
            control,
            endpoint: Endpoint { uri, multi_addrs },
            swarm,
        }
    }

    pub async fn stream(&mut self, peer: PeerId, protocol: StreamProtocol) -> Stream {
        timeout(PATIENCE, self.control.open_stream(peer, protocol))
            .await
            .unwrap()
            .unwrap()
    }
}

fn swarm() -> Swarm<libp2p_stream::Behaviour> {
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            noise::Config::new,
            yamux::Config::default,
        )
        .unwrap()
        .with_behaviour(|_| libp2p_stream::Behaviour::new())
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
        .build()
}

pub async fn write(stream: &mut Stream, bytes: &[u8]) {
    timeout(PATIENCE, async {
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
    })
    .await
    .unwrap();
}

/// Reads until the other side ends the stream, in whichever way.
pub async fn read_to_end(stream: &mut Stream) -> Vec<u8> {
    let mut read = Vec::new();
    // A reset is an end as well.
    drop(
        timeout(PATIENCE, stream.read_to_end(&mut read))
            .await
            .unwrap(),
    );
    read
}

pub async fn read(stream: &mut Stream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    timeout(PATIENCE, stream.read_exact(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    bytes
}
