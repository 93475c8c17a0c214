//! Who writes and who reads: the same people with the same keys each time.

use std::sync::LazyLock;

use signet_didcomm::{
    Curve, Did, DidUrl, Document, Opening, ResolveError, UnpackError, Unpacked, document, unpack,
};

use signet_forger::Person;

/// The time at which everything is read.
pub const NOW: u64 = 1_700_000_000;

/// The curves on which somebody signs and agrees.
const CURVES: [(Curve, Curve); 4] = [
    (Curve::Ed25519, Curve::X25519),
    (Curve::Ed25519, Curve::P256),
    (Curve::P256, Curve::P384),
    (Curve::Secp256k1, Curve::P521),
];

static PEOPLE: LazyLock<People> = LazyLock::new(|| People {
    alices: CURVES.map(|(signing, agreement)| {
        Person::on(&format!("alice-{agreement}"), 1, signing, agreement)
    }),
    bobs: CURVES
        .map(|(signing, agreement)| Person::on(&format!("bob-{agreement}"), 2, signing, agreement)),
    carol: Person::new("carol", 3),
    mediator: Person::new("mediator", 4),
});

/// Alice writes and Bob reads, on each curve once; Carol is who Alice was before.
pub struct People {
    pub alices: [Person; 4],
    pub bobs: [Person; 4],
    pub carol: Person,
    pub mediator: Person,
}

impl People {
    pub fn get() -> &'static People {
        &PEOPLE
    }

    /// Alice with the keys that nearly everybody has.
    pub fn alice(&self) -> &Person {
        &self.alices[0]
    }

    /// Bob with the keys that nearly everybody has.
    pub fn bob(&self) -> &Person {
        &self.bobs[0]
    }

    /// The document of one of them, or of a DID that spells it out.
    pub fn document(&self, did: &Did) -> Result<Document, ResolveError> {
        let others = [&self.carol, &self.mediator];
        let mut all = self.alices.iter().chain(&self.bobs).chain(others);
        match all.find(|person| person.did == *did) {
            Some(person) => Ok(person.document.clone()),
            None => document::resolve(did),
        }
    }

    /// What `readers` make of an envelope.
    pub fn open(&self, readers: &[Person], envelope: &[u8]) -> Result<Unpacked, UnpackError> {
        let secret = |kid: &DidUrl| readers.iter().find_map(|person| person.keys.get(kid));
        let opening = Opening {
            secret: &secret,
            document: &|did| self.document(did),
        };
        unpack(envelope, &opening, NOW)
    }
}
