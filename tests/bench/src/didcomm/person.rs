//! A person on one curve, whom all libraries know.

use anyhow::{Context, Result};
use rand_chacha::ChaCha20Rng;
use signet_didcomm::{Curve, Did, DidUrl, Document, SecretKey, SecretKeys, document};

use crate::primitives::draw;

pub(super) struct Person {
    pub(super) did: Did,
    pub(super) document: Document,
    pub(super) keys: SecretKeys,
    /// `#key-1`.
    pub(super) signing: Pair,
    /// `#key-2`.
    pub(super) agreement: Pair,
}

/// A key in the form in which other libraries take it.
pub(super) struct Pair {
    pub(super) curve: Curve,
    pub(super) kid: String,
    pub(super) raw: Vec<u8>,
    /// As our documents hold it: raw, or the compressed point.
    pub(super) public: Vec<u8>,
}

impl Person {
    /// A did:peer:2 that agrees on `curve`, and signs by it if it can.
    pub(super) fn on(curve: Curve, rng: &mut ChaCha20Rng) -> Result<Self> {
        let signing = match curve {
            Curve::P256 => Curve::P256,
            _ => Curve::Ed25519,
        };
        let drawn = [("V", signing), ("E", curve)].map(|(purpose, curve)| {
            let raw = draw(curve, rng);
            (purpose, curve, raw)
        });
        let nameless = DidUrl::parse("did:example:nameless#key")?;
        let mut text = "did:peer:2".to_owned();
        let mut publics = Vec::new();
        for (purpose, curve, raw) in &drawn {
            let key = SecretKey::from_raw(nameless.clone(), *curve, raw);
            let public = key.and_then(|key| key.public()).context("no key")?;
            text += &format!(".{purpose}{}", public.to_multibase());
            publics.push(public.to_bytes());
        }
        let did = Did::parse(&text)?;
        let pairs = drawn.into_iter().zip(publics).zip(1..);
        let pairs = pairs.map(|(((_, curve, raw), public), number)| Pair {
            curve,
            kid: format!("{did}#key-{number}"),
            raw,
            public,
        });
        let pairs: Vec<Pair> = pairs.collect();
        let keys = pairs.iter().map(|pair| {
            let kid = DidUrl::parse(&pair.kid)?;
            SecretKey::from_raw(kid, pair.curve, &pair.raw).context("no key")
        });
        let keys = SecretKeys::new(did.clone(), keys.collect::<Result<_>>()?);
        let [signing, agreement] = pairs.try_into().ok().context("two keys")?;
        Ok(Self {
            document: document::resolve(&did)?,
            did,
            keys,
            signing,
            agreement,
        })
    }
}
