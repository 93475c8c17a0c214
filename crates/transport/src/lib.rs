//! The wires: libp2p and HTTP carry opaque envelopes
