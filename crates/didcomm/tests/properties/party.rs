//! Who packs and who opens: DIDs of several methods, keys on every curve.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use signet_didcomm::{
    ContentCipher, Curve, Did, DidUrl, Document, Message, Opening, PackError, ResolveError,
    SecretKey, SecretKeys, UnpackError, Unpacked, anoncrypt, authcrypt, authcrypt_hidden, document,
    peer2, peer4, sign, sign_and_anoncrypt, unpack,
};

use super::NOW;

pub const AGREEING: [Curve; 4] = [Curve::X25519, Curve::P256, Curve::P384, Curve::P521];
pub const SIGNING: [Curve; 3] = [Curve::Ed25519, Curve::P256, Curve::Secp256k1];
const CIPHERS: [ContentCipher; 3] = [
    ContentCipher::A256CbcHs512,
    ContentCipher::A256Gcm,
    ContentCipher::Xc20P,
];

/// How a message is packed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    Authcrypt,
    Anoncrypt(ContentCipher),
    Hidden,
    Signed,
    SignedAndAnoncrypt(ContentCipher),
}

impl Mode {
    pub fn all() -> Vec<Self> {
        let mut modes = vec![Self::Authcrypt, Self::Hidden, Self::Signed];
        modes.extend(CIPHERS.map(Self::Anoncrypt));
        modes.extend(CIPHERS.map(Self::SignedAndAnoncrypt));
        modes
    }

    pub fn is_authcrypt(self) -> bool {
        matches!(self, Self::Authcrypt | Self::Hidden)
    }

    pub fn is_signed(self) -> bool {
        matches!(self, Self::Signed | Self::SignedAndAnoncrypt(_))
    }

    pub fn is_anonymous(self) -> bool {
        !matches!(self, Self::Authcrypt | Self::Signed)
    }
}

/// How a DID is made, and in which form messages name it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Peer2,
    Long,
    /// A did:peer:4 that is named by its hash.
    Short,
}

/// Somebody with keys.
#[derive(Clone)]
pub struct Party {
    /// As messages name it.
    pub did: Did,
    pub keys: SecretKeys,
    pub document: Document,
}

impl Party {
    fn made(form: Form, rng: &mut ChaCha20Rng) -> Self {
        let (did, keys) = match form {
            Form::Peer2 => peer2::create(&[], rng),
            Form::Long | Form::Short => peer4::create(&[], rng),
        };
        Self {
            document: document::resolve(&did).unwrap(),
            did: if form == Form::Short {
                did.short()
            } else {
                did
            },
            keys,
        }
    }

    /// A did:peer:2 of keys on any curves: `#key-1` signs, the others agree.
    fn on(signing: Curve, agreeing: &[Curve], rng: &mut ChaCha20Rng) -> Self {
        let curves: Vec<_> = [signing].iter().chain(agreeing).copied().collect();
        let raws: Vec<_> = curves.iter().map(|curve| raw(*curve, rng)).collect();
        let named = |did: &Did| -> Vec<SecretKey> {
            let keys = curves.iter().zip(&raws).enumerate();
            keys.map(|(index, (curve, raw))| {
                let kid = DidUrl::parse(&format!("{did}#key-{}", index + 1)).unwrap();
                SecretKey::from_raw(kid, *curve, raw).unwrap()
            })
            .collect()
        };
        let mut text = "did:peer:2".to_owned();
        for (index, key) in named(&Did::parse("did:example:nobody").unwrap())
            .iter()
            .enumerate()
        {
            let purpose = if index == 0 { 'V' } else { 'E' };
            text += &format!(".{purpose}{}", key.public().unwrap().to_multibase());
        }
        let did = Did::parse(&text).unwrap();
        Self {
            document: document::resolve(&did).unwrap(),
            keys: SecretKeys::new(did.clone(), named(&did)),
            did,
        }
    }

    /// A key's name as it stands in an envelope.
    pub fn name(&self, key: &SecretKey) -> String {
        format!("{}#{}", self.did, key.kid().fragment().unwrap())
    }
}

/// The bytes of a fresh key.
pub fn raw(curve: Curve, rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut raw = match curve {
        Curve::X25519 | Curve::Ed25519 | Curve::P256 | Curve::Secp256k1 => vec![0; 32],
        Curve::P384 => vec![0; 48],
        Curve::P521 => vec![0; 66],
    };
    // Below the order of every curve.
    rng.fill_bytes(&mut raw[1..]);
    raw
}

/// Two people who know each other's documents.
#[derive(Clone, Debug)]
pub struct Scene {
    pub alice: Party,
    pub bob: Party,
    pub rng: ChaCha20Rng,
}

impl Scene {
    /// On these curves; Bob has several keys to agree with.
    pub fn on(signing: Curve, agreeing: Curve, keys: usize, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        Self {
            alice: Party::on(signing, &[agreeing], &mut rng),
            bob: Party::on(signing, &vec![agreeing; keys], &mut rng),
            rng,
        }
    }

    fn of(alice: Form, bob: Form, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        Self {
            alice: Party::made(alice, &mut rng),
            bob: Party::made(bob, &mut rng),
            rng,
        }
    }

    pub fn pack(&mut self, message: &Message, mode: Mode) -> Result<Vec<u8>, PackError> {
        let (from, to, rng) = (&self.alice.keys, &self.bob.document, &mut self.rng);
        match mode {
            Mode::Authcrypt => authcrypt(message, from, to, rng),
            Mode::Anoncrypt(cipher) => anoncrypt(message, to, cipher, rng),
            Mode::Hidden => authcrypt_hidden(message, from, to, rng),
            Mode::Signed => sign(message, from),
            Mode::SignedAndAnoncrypt(cipher) => sign_and_anoncrypt(message, from, to, cipher, rng),
        }
    }

    /// What Bob makes of it, who knows also the documents of `others`.
    pub fn open(&self, envelope: &[u8], others: &[Party]) -> Result<Unpacked, UnpackError> {
        let document = |did: &Did| -> Result<Document, ResolveError> {
            let mut known = [&self.alice, &self.bob].into_iter().chain(others);
            match known.find(|party| party.did.is_same_as(did)) {
                Some(party) => Ok(party.document.clone()),
                None => document::resolve(did),
            }
        };
        let secret = |kid: &DidUrl| self.bob.keys.get(kid);
        let opening = Opening {
            secret: &secret,
            document: &document,
        };
        unpack(envelope, &opening, NOW)
    }
}

/// Two people of any kind.
pub fn scene() -> impl Strategy<Value = Scene> {
    let curves = (
        prop::sample::select(&SIGNING[..]),
        prop::sample::select(&AGREEING[..]),
        1..4_usize,
        any::<u64>(),
    );
    let form = || prop::sample::select(vec![Form::Peer2, Form::Long, Form::Short]);
    prop_oneof![
        2 => curves.prop_map(|(signing, agreeing, keys, seed)| {
            Scene::on(signing, agreeing, keys, seed)
        }),
        1 => (form(), form(), any::<u64>()).prop_map(|(alice, bob, seed)| Scene::of(alice, bob, seed)),
    ]
}

/// Any mode.
pub fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(Mode::all())
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let curves: Vec<_> = self.keys.iter().map(SecretKey::curve).collect();
        write!(f, "{:?} {curves:?}", self.did)
    }
}
