//! The words the transport and the node speak with each other.

use std::sync::Arc;

/// One envelope to be brought to one contact, by whichever of its endpoints takes it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Comes back in [`Event::Attempt`]; means nothing to the transport.
    pub id: u64,
    /// The packed bytes, at most [`MAX_ENVELOPE`](crate::MAX_ENVELOPE).
    pub envelope: Arc<[u8]>,
    /// Where it may go. Direct (`libp2p-peerId:`) ones are tried first, then `http:` and
    /// `https:` ones, each kind in this order. Other schemes are passed over.
    pub endpoints: Vec<Endpoint>,
    /// The same message wrapped for hops on the way, to be posted when none of the endpoints takes it, in
    /// this order.
    pub forwards: Vec<Forward>,
    /// Multiaddrs the contact told us since, better than those in its endpoints.
    pub addresses: Vec<String>,
    /// How far we may go to reach it.
    pub reach: Reach,
    /// An envelope is expected with the response to a post. Then the outcome is told behind it.
    pub wants_answer: bool,
}

/// One service endpoint of a DID document, as far as a transport needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// `libp2p-peerId:…`, `http://…` or `https://…`.
    pub uri: String,
    /// The addresses beside a `libp2p-peerId:`.
    pub multi_addrs: Vec<String>,
}

/// An envelope for a mediator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// `http://…` or `https://…`; others are passed over.
    pub uri: String,
    /// The packed bytes, at most [`MAX_ENVELOPE`](crate::MAX_ENVELOPE).
    pub envelope: Arc<[u8]>,
}

/// A connection on which somebody is to send us what comes, from here on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Its name in [`Event::Live`]; one of the same name that stands ends.
    pub name: String,
    /// `ws://…` or `wss://…`.
    pub uri: String,
    /// Our first envelope, which says what the connection is for.
    pub hello: Vec<u8>,
}

/// How far an attempt may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Dial and post wherever the endpoints say.
    Anywhere,
    /// For strangers, who could otherwise make us knock at any door: only a connection that
    /// already stands, or an HTTP endpoint that is not loopback, private or link-local (unless
    /// our own endpoint is such).
    Careful,
}

/// Which way an envelope went or came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// Over a libp2p stream with this peer. The PeerId proves nothing about the sender.
    Direct {
        /// The other end's PeerId.
        peer_id: String,
    },
    /// Likewise, through a relay that cannot read it.
    Relayed {
        /// The other end's PeerId.
        peer_id: String,
    },
    /// Over HTTP.
    Http,
    /// Over HTTP to a mediator, wrapped for it.
    Mediator,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody took custody, and this way.
    Stored(Via),
    /// Likewise by HTTP, but no envelope came with the response, though one was expected.
    Silent,
    /// Reached, but not able to take it: try again after a while.
    Later,
    /// Refused: the same bytes will be refused again.
    No,
    /// Nobody took it, and this sentence says why. Where a connection broke before the answer
    /// came, the envelope may have arrived all the same.
    Unreachable(String),
}

/// What we say to whoever brought us an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is on our disk.
    Stored,
    /// Not now.
    Later,
    /// Not at all; the one word for every refusal.
    No,
}

/// Names an envelope that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboundId(pub(crate) u64);

/// Where others can reach us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reachable {
    /// Our PeerId, for a `libp2p-peerId:` endpoint.
    pub peer_id: String,
    /// Our addresses without the PeerId, the most useful first and those behind relays last, at
    /// most 16.
    pub multi_addrs: Vec<String>,
    /// The URL of our HTTP endpoint. Set if we have one that can be named.
    pub http: Option<String>,
}

/// What the transport tells the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An envelope came in; its bringer waits for [`Transport::answer`](crate::Transport::answer).
    Envelope {
        /// To be handed back with the answer.
        inbound: InboundId,
        /// The bytes as they came, never empty, at most [`MAX_ENVELOPE`](crate::MAX_ENVELOPE).
        bytes: Vec<u8>,
        /// How they came.
        via: Via,
    },
    /// An attempt ended.
    Attempt {
        /// The attempt's id.
        id: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// A connection that was asked for stands, or no longer does.
    Live {
        /// Its name.
        name: String,
        /// Whether it stands.
        is_open: bool,
    },
    /// The addresses at which others can reach us changed.
    Reachable(Reachable),
    /// The first connection with a peer came, or the last one went.
    Peer {
        /// Whose.
        peer_id: String,
        /// Whether one stands.
        connected: bool,
    },
    /// All that stands with a connected peer goes through relays, or no longer does.
    Relayed {
        /// Whose.
        peer_id: String,
        /// Whether it does.
        relayed: bool,
    },
    /// A peer was found in the local network.
    Found {
        /// Who says to be there.
        peer_id: String,
        /// And where; remembered for attempts to it, so nothing needs to be done.
        addresses: Vec<String>,
    },
}
