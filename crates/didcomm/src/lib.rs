//! DIDComm v2.1: DIDs and documents, messages, envelopes, rotation proofs
