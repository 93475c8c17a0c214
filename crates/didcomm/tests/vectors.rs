//! The published vectors, from the files under `SIGNET_VECTORS` (by default
//! `../shared/vectors` beside the repository). Without them a test says so and passes.
//!
//! Each case does what its set expects; they are counted, so that none can fall out unseen.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "vectors/methods.rs"]
mod methods;

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;
use signet_didcomm::{
    ContentCipher, Curve, Did, DidUrl, Document, FromPriorError, Message, Opening, PublicKey,
    ResolveError, SecretKey, SecretKeys, UnpackError, Unpacked, anoncrypt, from_prior, out_of_band,
    routing, unpack,
};

/// Before the published messages expire (1516385931).
const NOW: u64 = 1_516_300_000;

fn folder() -> Option<PathBuf> {
    // Beside the clone that is tested now: clones that share a target folder share this program.
    let package = std::env::var("CARGO_MANIFEST_DIR");
    let package = package.as_deref().unwrap_or(env!("CARGO_MANIFEST_DIR"));
    let beside = || PathBuf::from(package).join("../../../shared/vectors");
    let folder = std::env::var_os("SIGNET_VECTORS").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no vectors at {}", folder.display());
    None
}

fn json(path: &str) -> Value {
    let bytes = std::fs::read(folder().unwrap().join(path)).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// Somebody's keys and everybody's documents.
#[derive(Default)]
struct Party {
    keys: Vec<SecretKeys>,
    documents: BTreeMap<Did, Document>,
}

impl Party {
    /// The keys of a JWK list.
    fn with_keys(mut self, jwks: &Value) -> Self {
        for jwk in jwks.as_array().unwrap() {
            let kid = DidUrl::parse(jwk["kid"].as_str().unwrap()).unwrap();
            let raw = signet_didcomm::Attachment {
                data: signet_didcomm::AttachmentData {
                    base64: Some(jwk["d"].as_str().unwrap().to_owned()),
                    ..Default::default()
                },
                ..Default::default()
            };
            let curve = Curve::from_name(jwk["crv"].as_str().unwrap()).unwrap();
            let key = SecretKey::from_raw(kid.clone(), curve, &raw.bytes().unwrap()).unwrap();
            assert_eq!(key.public(), PublicKey::from_jwk(jwk), "{kid}");
            self.keys.push(SecretKeys::new(kid.did(), vec![key]));
        }
        self
    }

    fn knowing(mut self, document: &Value) -> Self {
        let did = Did::parse(document["id"].as_str().unwrap()).unwrap();
        let document = Document::from_json(document, &did).unwrap();
        self.documents.insert(did, document);
        self
    }

    fn unpack(&self, envelope: &Value, now: u64) -> Result<Unpacked, UnpackError> {
        let envelope = envelope.to_string();
        let document = |did: &Did| self.document(did);
        let opening = Opening {
            secret: &|kid| self.keys.iter().find_map(|keys| keys.get(kid)),
            document: &document,
        };
        unpack(envelope.as_bytes(), &opening, now)
    }

    fn document(&self, did: &Did) -> Result<Document, ResolveError> {
        let unknown = ResolveError::Unsupported { did: did.clone() };
        self.documents.get(did).cloned().ok_or(unknown)
    }
}

fn plaintext(unpacked: &Unpacked) -> Value {
    serde_json::from_slice(&unpacked.plaintext).unwrap()
}

#[test]
fn the_specification_s_vectors_open_to_their_plaintexts() {
    if folder().is_none() {
        return;
    }
    let bob = Party::default()
        .with_keys(&json("didcomm-v2.1/A2-recipient-secrets.json"))
        .knowing(&json("didcomm-v2.1/B1-sender-diddoc.json"))
        .knowing(&json("didcomm-v2.1/B2-recipient-diddoc.json"));
    let mut opened = 0;
    for case in json("didcomm-v2.1/index.json").as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let result = bob.unpack(&json(&format!("didcomm-v2.1/{file}")), NOW);
        let unpacked = result.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(plaintext(&unpacked), case["plaintext"], "{file}");
        let layers = case["layers"].as_array().unwrap();
        let is_signed = layers.iter().any(|layer| layer["kind"] == "signed");
        let is_authcrypt = layers.iter().any(|layer| layer["kind"] == "authcrypt");
        assert_eq!(unpacked.proof.signer.is_some(), is_signed, "{file}");
        assert_eq!(unpacked.proof.sender.is_some(), is_authcrypt, "{file}");
        opened += 1;
    }

    assert_eq!(opened, 9);
}

#[test]
fn the_specification_s_messages_are_refused_once_they_expired() {
    if folder().is_none() {
        return;
    }
    let bob = Party::default()
        .with_keys(&json("didcomm-v2.1/A2-recipient-secrets.json"))
        .knowing(&json("didcomm-v2.1/B1-sender-diddoc.json"));

    let result = bob.unpack(
        &json("didcomm-v2.1/C3-4-authcrypt-x25519-a256cbc-hs512.json"),
        1_516_385_932,
    );

    assert_eq!(
        result,
        Err(UnpackError::Expired { at: 1_516_385_931 }),
        "one second later"
    );
}

/// 55 cases of ours for what the published sets leave out.
#[test]
fn the_generated_cases_are_accepted_or_refused_as_expected() {
    if folder().is_none() {
        return;
    }
    let secrets = json("generated/secrets.json");
    let documents = json("generated/diddocs.json");
    let (mut accepted, mut refused, mut unrotated) = (0, 0, 0);
    for case in json("generated/unpack-cases.json").as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let me = case["unpack_as"].as_str().unwrap();
        let mut party = Party::default().with_keys(&secrets[me]);
        for document in documents.as_object().unwrap().values() {
            party = party.knowing(document);
        }
        let result = party.unpack(&case["packed"], 1_700_000_000);
        match (case["expect"].as_str().unwrap(), result) {
            ("accept", result) => {
                let unpacked = result.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(plaintext(&unpacked), case["plaintext"], "{name}");
                let rotates = case["plaintext"].get("from_prior").is_some();
                assert_eq!(unpacked.from_prior.is_some(), rotates, "{name}");
                accepted += 1;
            }
            ("no-rotation", result) => {
                let unpacked = result.unwrap();
                assert_eq!(unpacked.from_prior, None);
                assert_eq!(unpacked.message.from_prior, None);
                unrotated += 1;
            }
            ("reject", result) => {
                let error = result.expect_err(name);
                let is_for_its_reason = matches!(
                    error,
                    UnpackError::Malformed(_) | UnpackError::Forged(_) | UnpackError::FromPrior(_)
                );
                assert!(is_for_its_reason, "{name}, {}: {error}", case["why"]);
                refused += 1;
            }
            (other, _) => panic!("{name}: what is {other}?"),
        }
    }

    assert_eq!((accepted, refused, unrotated), (21, 33, 1));
}

#[test]
fn the_published_plaintexts_are_accepted_or_refused_as_expected() {
    if folder().is_none() {
        return;
    }
    let party = Party::default();
    let mut count = 0;
    for file in ["plaintext-valid.json", "plaintext-invalid.json"] {
        for case in json(&format!("didcomm-rust/{file}")).as_array().unwrap() {
            let name = case["name"].as_str().unwrap();
            let result = party.unpack(&case["message"], NOW);
            // A rotation in a plaintext counts for nothing, so a broken one harms nothing.
            let only_rotates = case["message"].get("from_prior").is_some();
            let is_accepted = case["expect"] == "accept" || only_rotates;
            assert_eq!(result.is_ok(), is_accepted, "{name}: {result:?}");
            if let Ok(unpacked) = result {
                assert_eq!(unpacked.from_prior, None, "{name}");
                assert_eq!(unpacked.authenticated_by(), None, "{name}");
                let again = Message::from_slice(&unpacked.message.to_vec()).unwrap();
                assert_eq!(again, unpacked.message, "{name}");
            }
            count += 1;
        }
    }
    assert_eq!(count, 26);
}

#[test]
fn the_rust_library_s_envelopes_open_or_are_refused_as_expected() {
    if folder().is_none() {
        return;
    }
    let bob = Party::default()
        .with_keys(&json("didcomm-v2.1/A2-recipient-secrets.json"))
        .knowing(&json("didcomm-rust/diddocs.json")["alice"])
        .knowing(&json("didcomm-rust/diddocs.json")["bob"]);
    let (mut opened, mut refused) = (0, 0);
    for case in json("didcomm-rust/encrypted.json").as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let result = bob.unpack(&case["message"], NOW);
        match &result {
            Ok(unpacked) => {
                let inner = unpacked.proof.jws.as_ref().unwrap_or(&unpacked.plaintext);
                let inner: Value = serde_json::from_slice(inner).unwrap();
                assert_eq!(inner, case["decrypted"], "{name}");
                opened += 1;
            }
            Err(_) => {
                assert_eq!(case["expect"], "reject", "{name}: {result:?}");
                refused += 1;
            }
        }
    }
    // The one with a foreign point is refused already for its padded header.
    assert_eq!((opened, refused), (4, 1));
}

#[test]
fn the_published_rotation_proofs_hold_or_not_as_expected() {
    if folder().is_none() {
        return;
    }
    let set = json("didcomm-rust/from_prior.json");
    let party = Party::default().knowing(&json("didcomm-rust/diddocs.json")["charlie"]);
    let document = |did: &Did| party.document(did);
    let verify = |name: &str, now| {
        let jwt = &set["jwts"][name];
        let text = jwt.as_str().or(jwt["jwt"].as_str()).unwrap();
        from_prior::verify(text, &document, now)
    };

    let prior = verify("valid", 1234).unwrap();
    assert_eq!(prior.iss.as_str(), "did:example:charlie");
    assert_eq!(prior.sub.unwrap().as_str(), "did:example:alice");
    assert_eq!((prior.iat, prior.exp), (123_456, Some(1234)));
    assert_eq!(verify("valid", 1235), Err(FromPriorError::Expired));
    assert_eq!(verify("invalid_not_a_jwt", 0), Err(FromPriorError::Form));
    assert!(matches!(
        verify("invalid_signature", 0),
        Err(FromPriorError::Signature | FromPriorError::Form)
    ));
}

#[test]
fn the_published_claims_that_are_to_be_refused_are() {
    if folder().is_none() {
        return;
    }
    let set = json("didcomm-rust/from_prior.json");
    let party = Party::default().knowing(&json("didcomm-rust/diddocs.json")["charlie"]);
    let valid = set["jwts"]["valid"]["jwt"].as_str().unwrap();
    let (header, rest) = valid.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let mut refused = 0;
    for case in set["claims_to_pack"].as_array().unwrap() {
        if case["expect"] == "accept" {
            continue;
        }
        let claims = BASE64.encode(case["claims"].to_string());
        let jwt = format!("{header}.{claims}.{signature}");
        let result = from_prior::verify(&jwt, &|did| party.document(did), 1234);
        // Before the signature, which is that of others.
        let is_for_its_reason = matches!(
            result,
            Err(FromPriorError::Claim(_) | FromPriorError::SameDid)
        );
        assert!(is_for_its_reason, "{}: {result:?}", case["why"]);
        refused += 1;
    }

    assert_eq!(refused, 5);
}

#[test]
fn the_published_message_from_another_than_its_rotation_says_is_refused() {
    if folder().is_none() {
        return;
    }
    let message = json("didcomm-rust/from_prior.json")["mismatch"]["message"].to_string();
    let message = Message::from_slice(message.as_bytes()).unwrap();
    let alice = Party::default()
        .with_keys(&json("didcomm-v2.1/A1-sender-secrets.json"))
        .knowing(&json("didcomm-v2.1/B1-sender-diddoc.json"))
        .knowing(&json("didcomm-rust/diddocs.json")["charlie"]);
    let document = alice.document(&message.to[0]).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);

    let envelope = anoncrypt(&message, &document, ContentCipher::A256Gcm, &mut rng).unwrap();
    let envelope: Value = serde_json::from_slice(&envelope).unwrap();

    assert_eq!(
        alice.unpack(&envelope, 1234),
        Err(UnpackError::FromPrior(FromPriorError::Subject))
    );
}

#[test]
fn the_two_hop_onion_opens_layer_by_layer() {
    if folder().is_none() {
        return;
    }
    let onion = json("generated/routing-onion.json");
    let secrets = json("generated/secrets.json");
    let documents = json("generated/diddocs.json");
    let mut envelope = onion["packed_for_med1"].clone();
    for (who, plain) in [
        ("med1", "plaintext_at_med1"),
        ("med2", "plaintext_at_med2"),
        ("bob", "plaintext_at_bob"),
    ] {
        let mut party = Party::default().with_keys(&secrets[who]);
        for document in documents.as_object().unwrap().values() {
            party = party.knowing(document);
        }
        let unpacked = party.unpack(&envelope, 1_700_000_000).unwrap();
        assert_eq!(plaintext(&unpacked), onion[plain], "{who}");
        if let Some(forward) = routing::read(&unpacked.message) {
            envelope = serde_json::from_slice(&forward.envelopes[0]).unwrap();
        }
    }
}

#[test]
fn the_published_invitation_reads_from_its_link() {
    if folder().is_none() {
        return;
    }
    let set = json("didcomm-v2.1/oob-invitation.json");
    let url = set["url"].as_str().unwrap();
    let invitation = out_of_band::Invitation::from_url(url).unwrap();

    assert_eq!(invitation.id, set["message"]["id"].as_str().unwrap());
    assert_eq!(invitation.from.as_str(), "did:example:alice");
    assert_eq!(invitation.attachments.len(), 1);
    let short = set["short_url_form"].as_str().unwrap();
    assert!(matches!(
        out_of_band::Invitation::from_url(short),
        Err(out_of_band::InvitationError::Short { id, .. })
            if id == "5f0e3ffb-3f92-4648-9868-0d6f8889e6f3"
    ));
}
