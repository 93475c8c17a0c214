//! A second packer, for the tests only: it seals what the crate would refuse to write. It is
//! written from the specification and shares nothing with the crate but the primitives.

#![allow(dead_code, reason = "each test file uses its part")]

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{AES_256 as WRAP, AesKek, KeyWrap};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Map, Value, json};
use signet_didcomm::{Curve, Did, DidUrl, Document, PublicKey, SecretKey, SecretKeys};

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

pub fn unb64(text: &str) -> Vec<u8> {
    BASE64.decode(text).unwrap()
}

/// Somebody whose secrets the test knows: `#sig` signs, `#ka` agrees.
pub struct Person {
    pub did: Did,
    pub seed: [u8; 32],
    pub scalar: [u8; 32],
    pub keys: SecretKeys,
    pub document: Document,
}

impl Person {
    pub fn new(name: &str, number: u8) -> Self {
        Self::on(name, number, Curve::Ed25519, Curve::X25519)
    }

    /// With keys on other curves: on those of 32 bytes they are of `seed` and `scalar` too.
    pub fn on(name: &str, number: u8, signing: Curve, agreement: Curve) -> Self {
        let did = Did::parse(&format!("did:example:{name}")).unwrap();
        let (seed, scalar) = ([number; 32], [number + 100; 32]);
        let kid = |name: &str| DidUrl::parse(&format!("{did}#{name}")).unwrap();
        let key = |name: &str, curve, raw: &[u8; 32]| {
            let zeros = match curve {
                Curve::P384 => 16,
                Curve::P521 => 34,
                Curve::X25519 | Curve::Ed25519 | Curve::P256 | Curve::Secp256k1 => 0,
            };
            let raw = [&vec![0; zeros], &raw[..]].concat();
            SecretKey::from_raw(kid(name), curve, &raw).unwrap()
        };
        let signing = key("sig", signing, &seed);
        let agreement = key("ka", agreement, &scalar);
        let document = json!({
            "id": did,
            "verificationMethod": [
                {"id": "#sig", "type": "Multikey",
                 "publicKeyMultibase": signing.public().unwrap().to_multibase()},
                {"id": "#ka", "type": "Multikey",
                 "publicKeyMultibase": agreement.public().unwrap().to_multibase()},
            ],
            "authentication": ["#sig"],
            "keyAgreement": ["#ka"],
        });
        Self {
            document: Document::from_json(&document, &did).unwrap(),
            keys: SecretKeys::new(did.clone(), vec![signing, agreement]),
            did,
            seed,
            scalar,
        }
    }

    pub fn kid(&self, name: &str) -> String {
        format!("{}#{name}", self.did)
    }

    /// The public half of `#ka`.
    pub fn public(&self) -> [u8; 32] {
        let key = self.keys.agreement().unwrap().public().unwrap();
        key.bytes().try_into().unwrap()
    }
}

/// What to seal, and how.
#[derive(Clone)]
pub struct Forgery {
    pub enc: &'static str,
    /// Whose scalar seals, and under which name; `None` for anoncrypt.
    pub sender: Option<([u8; 32], String)>,
    pub recipients: Vec<(String, [u8; 32])>,
    /// Members that replace or join those of the protected header; `null` removes one.
    pub header: Value,
    /// What enters the derivation instead of the right hash.
    pub apv: Option<Vec<u8>>,
}

impl Forgery {
    pub fn anoncrypt(to: &Person) -> Self {
        Self {
            enc: "A256CBC-HS512",
            sender: None,
            recipients: vec![(to.kid("ka"), to.public())],
            header: json!({}),
            apv: None,
        }
    }

    pub fn authcrypt(from: &Person, to: &Person) -> Self {
        Self {
            sender: Some((from.scalar, from.kid("ka"))),
            ..Self::anoncrypt(to)
        }
    }

    pub fn header(mut self, header: Value) -> Self {
        self.header = header;
        self
    }

    /// Seals; the envelope opens if the reader checks nothing.
    pub fn seal(&self, plaintext: impl AsRef<[u8]>) -> Value {
        let ephemeral = PrivateKey::from_private_key(&X25519, &[77; 32]).unwrap();
        let epk = ephemeral.compute_public_key().unwrap();
        let mut kids: Vec<&str> = self.recipients.iter().map(|(kid, _)| &**kid).collect();
        kids.sort_unstable();
        let right = digest(&SHA256, kids.join(".").as_bytes());
        let apv = self.apv.clone().unwrap_or_else(|| right.as_ref().to_vec());
        let alg = match self.sender {
            Some(_) => "ECDH-1PU+A256KW",
            None => "ECDH-ES+A256KW",
        };
        let mut header = Map::new();
        header.insert("typ".into(), "application/didcomm-encrypted+json".into());
        header.insert("alg".into(), alg.into());
        header.insert("enc".into(), self.enc.into());
        header.insert("apv".into(), b64(&apv).into());
        header.insert(
            "epk".into(),
            json!({"kty": "OKP", "crv": "X25519", "x": b64(epk.as_ref())}),
        );
        if let Some((_, skid)) = &self.sender {
            header.insert("skid".into(), skid.clone().into());
            header.insert("apu".into(), b64(skid).into());
        }
        for (name, value) in self.header.as_object().unwrap() {
            match value {
                Value::Null => header.remove(name),
                value => header.insert(name.clone(), value.clone()),
            };
        }
        let apu = header.get("apu").and_then(Value::as_str);
        let apu = apu.map(unb64).unwrap_or_default();
        let protected = b64(serde_json::to_vec(&header).unwrap());
        let (cek, iv) = ([5_u8; 64], [6_u8; 16]);
        let (ciphertext, iv, tag, cek) = encrypt(
            self.enc,
            &cek,
            &iv,
            protected.as_bytes(),
            plaintext.as_ref(),
        );

        let recipients: Vec<Value> = self
            .recipients
            .iter()
            .map(|(kid, public)| {
                let mut z = dh(&ephemeral, public);
                if let Some((scalar, _)) = &self.sender {
                    let sender = PrivateKey::from_private_key(&X25519, scalar).unwrap();
                    z.extend(dh(&sender, public));
                }
                let bound = self.sender.is_some().then_some(&tag[..]);
                let kek = concat_kdf(&z, alg, &apu, &apv, bound);
                json!({"header": {"kid": kid}, "encrypted_key": b64(wrap(&kek, cek))})
            })
            .collect();
        json!({"protected": protected, "recipients": recipients, "iv": b64(iv),
               "ciphertext": b64(ciphertext), "tag": b64(tag)})
    }
}

fn dh(ours: &PrivateKey, theirs: &[u8; 32]) -> Vec<u8> {
    let theirs = UnparsedPublicKey::new(&X25519, theirs);
    agree(ours, theirs, (), |z| Ok(z.to_vec())).unwrap()
}

fn concat_kdf(z: &[u8], alg: &str, apu: &[u8], apv: &[u8], tag: Option<&[u8]>) -> Vec<u8> {
    let field = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let mut input = [&[0, 0, 0, 1][..], z, &field(alg.as_bytes())].concat();
    input.extend([field(apu), field(apv), 256_u32.to_be_bytes().to_vec()].concat());
    input.extend(tag.map(field).unwrap_or_default());
    digest(&SHA256, &input).as_ref().to_vec()
}

fn wrap(kek: &[u8], cek: &[u8]) -> Vec<u8> {
    let mut out = vec![0; cek.len() + 8];
    let kek = AesKek::new(&WRAP, kek).unwrap();
    kek.wrap(cek, &mut out).unwrap();
    out
}

type Sealed<'a> = (Vec<u8>, Vec<u8>, Vec<u8>, &'a [u8]);

fn encrypt<'a>(enc: &str, cek: &'a [u8], iv: &[u8; 16], aad: &[u8], text: &[u8]) -> Sealed<'a> {
    let mut out = text.to_vec();
    if enc != "A256CBC-HS512" {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &cek[..32]).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&iv[..12]).unwrap();
        let tag = key
            .seal_in_place_separate_tag(nonce, Aad::from(aad), &mut out)
            .unwrap();
        return (out, iv[..12].to_vec(), tag.as_ref().to_vec(), &cek[..32]);
    }
    let key = UnboundCipherKey::new(&AES_256, &cek[32..]).unwrap();
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).unwrap();
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(&mut out, context).unwrap();
    let bits = (aad.len() as u64 * 8).to_be_bytes();
    let input = [aad, iv, &out, &bits].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, &cek[..32]), &input);
    (out, iv.to_vec(), tag.as_ref()[..32].to_vec(), cek)
}

/// A flattened JWS over any payload, with any header. `kid` goes into the unprotected header.
pub fn signed(payload: impl AsRef<[u8]>, seed: &[u8; 32], header: &Value, kid: &str) -> Value {
    let (protected, payload) = (b64(header.to_string()), b64(payload));
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
    let signature = pair.sign(format!("{protected}.{payload}").as_bytes());
    json!({"payload": payload, "protected": protected, "header": {"kid": kid},
           "signature": b64(signature.as_ref())})
}

/// As [`signed`], by ECDSA with the scalar `seed`, whatever the header says.
pub fn signed_ecdsa(
    algorithm: &'static EcdsaSigningAlgorithm,
    payload: impl AsRef<[u8]>,
    seed: &[u8; 32],
    header: &Value,
    kid: &str,
) -> Value {
    let (protected, payload) = (b64(header.to_string()), b64(payload));
    let input = format!("{protected}.{payload}");
    let signature = b64(ecdsa(algorithm, seed, input.as_bytes()));
    json!({"payload": payload, "protected": protected, "header": {"kid": kid},
           "signature": signature})
}

/// An ECDSA signature in the form of `algorithm`.
pub fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, seed: &[u8; 32], input: &[u8]) -> Vec<u8> {
    // RFC 5915: ECPrivateKey without its optional members.
    let der = [&[0x30, 0x25, 2, 1, 1, 4, 0x20][..], seed].concat();
    let pair = EcdsaKeyPair::from_private_key_der(algorithm, &der).unwrap();
    let signature = pair.sign(&SystemRandom::new(), input).unwrap();
    signature.as_ref().to_vec()
}

/// A JWT with any header and claims, by ECDSA with the scalar `seed`.
pub fn jwt_ecdsa(
    algorithm: &'static EcdsaSigningAlgorithm,
    header: &Value,
    claims: &Value,
    seed: &[u8; 32],
) -> String {
    let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    format!("{input}.{}", b64(ecdsa(algorithm, seed, input.as_bytes())))
}

/// A JWT with any header and claims.
pub fn jwt(header: &Value, claims: &Value, seed: &[u8; 32]) -> String {
    let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
    format!("{input}.{}", b64(pair.sign(input.as_bytes()).as_ref()))
}

/// The protected header of an envelope, changed.
pub fn with_protected(envelope: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut envelope = envelope.clone();
    let bytes = unb64(envelope["protected"].as_str().unwrap());
    let mut header: Value = serde_json::from_slice(&bytes).unwrap();
    change(&mut header);
    envelope["protected"] = b64(header.to_string()).into();
    envelope
}

/// The base64url member of an envelope with one bit of its bytes flipped.
pub fn with_flipped(envelope: &Value, pointer: &str) -> Value {
    let mut envelope = envelope.clone();
    let member = envelope.pointer_mut(pointer).unwrap();
    let mut bytes = unb64(member.as_str().unwrap());
    bytes[3] ^= 0x10;
    *member = b64(bytes).into();
    envelope
}

/// A public key that agrees on zero with everybody.
pub fn low_order() -> PublicKey {
    PublicKey::X25519([0; 32])
}
