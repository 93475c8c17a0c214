//! Who is where, signed by himself: libp2p's peer record.
//!
//! Source: libp2p specifications, RFC 0002 and RFC 0003. What libp2p's Rust program signs is not what the
//! others do; we sign as it does, for its rendezvous server reads nothing else, and read both.

use super::wire::MAX_RECORD;
use libp2p::{
    Multiaddr, PeerId,
    core::{PeerRecord, SignedEnvelope},
    identity::Keypair,
};

/// The bytes of a record that says where the owner of this key is.
pub(crate) fn sign(keypair: &Keypair, addresses: Vec<Multiaddr>) -> Option<Vec<u8>> {
    let record = PeerRecord::new(keypair, addresses).ok()?;
    let bytes = record.into_signed_envelope().into_protobuf_encoding();
    (bytes.len() <= MAX_RECORD).then_some(bytes)
}

/// Reads a record that this very peer signed; `None` for any other.
pub(crate) fn read(bytes: &[u8], peer: &PeerId) -> Option<PeerRecord> {
    if bytes.len() > MAX_RECORD {
        return None;
    }
    let envelope = SignedEnvelope::from_protobuf_encoding(bytes).ok()?;
    let record = PeerRecord::from_signed_envelope(envelope.clone())
        .or_else(|_| PeerRecord::from_signed_envelope_interop(envelope));
    record.ok().filter(|record| record.peer_id() == *peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_peer_himself_signed_is_read() {
        let (keypair, other) = (Keypair::generate_ed25519(), Keypair::generate_ed25519());
        let peer = keypair.public().to_peer_id();
        let at: Multiaddr = "/ip4/9.9.9.9/tcp/1".parse().unwrap();
        let signed = sign(&keypair, vec![at.clone()]).unwrap();

        assert_eq!(read(&signed, &peer).unwrap().addresses()[0], at);
        assert!(read(&signed, &other.public().to_peer_id()).is_none());
        let mut forged = signed.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert!(read(&forged, &peer).is_none());

        let theirs = PeerRecord::new_interop(&keypair, vec![at.clone()]).unwrap();
        let theirs = theirs.into_signed_envelope().into_protobuf_encoding();
        assert_eq!(read(&theirs, &peer).unwrap().addresses(), [at]);
    }

    #[test]
    fn a_record_is_no_longer_than_is_taken() {
        let keypair = Keypair::generate_ed25519();
        let many = |count: usize| vec!["/ip4/9.9.9.9/tcp/1".parse().unwrap(); count];

        assert!(sign(&keypair, many(16)).is_some());
        assert!(sign(&keypair, many(1000)).is_none());
    }
}
