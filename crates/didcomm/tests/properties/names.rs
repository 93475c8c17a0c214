//! DIDs, documents and invitations: what is written reads back as the same.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use signet_didcomm::did::MAX_DID;
use signet_didcomm::out_of_band::Invitation;
use signet_didcomm::{
    Did, DidUrl, Document, Endpoint, SecretKey, Service, VerificationMethod, document, peer2, peer4,
};

use super::holds;
use super::messages::{attachment, text};
use super::party::{AGREEING, SIGNING, raw};

fn did() -> impl Strategy<Value = String> {
    let methods = prop::sample::select(vec!["key", "web", "peer", "example", "x9"]);
    let id = prop_oneof![
        "[A-Za-z0-9._:%=-]{0,60}[A-Za-z0-9._%=-]",
        "[024]z[1-9A-HJ-NP-Za-km-z]{1,60}",
        "2\\.[VEASID]z[1-9A-HJ-NP-Za-km-z]{1,60}(\\.S[A-Za-z0-9_-]{1,40}){0,2}",
    ];
    (methods, id).prop_map(|(method, id)| format!("did:{method}:{id}"))
}

/// What says nothing is left out where it is read, and `#key` is completed to a DID URL.
fn word(longest: usize) -> impl Strategy<Value = String> {
    text(longest).prop_filter("it stays as it is", |text| {
        !text.is_empty() && !text.starts_with('#')
    })
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let texts = || prop::collection::vec(word(12), 0..3);
    (word(20), texts(), texts(), texts()).prop_map(|(uri, accept, routing_keys, multi_addrs)| {
        Endpoint {
            uri,
            accept,
            routing_keys,
            multi_addrs,
        }
    })
}

/// The document of a DID with keys of any curves, listed for anything.
fn any_document() -> impl Strategy<Value = Document> {
    let curve = prop_oneof![
        prop::sample::select(&SIGNING[..]),
        prop::sample::select(&AGREEING[..])
    ];
    let keys = prop::collection::vec((curve, any::<(bool, bool)>()), 0..6);
    let names = prop::collection::vec("did:example:[a-z]{1,8}", 0..3);
    let service = (
        "did:example:subject#[a-z0-9-]{1,8}",
        prop::collection::vec(endpoint(), 1..4),
    );
    let services = prop::collection::vec(service, 0..4);
    (keys, names, services, any::<u64>()).prop_map(|(keys, names, services, seed)| {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut document = Document::empty(Did::parse("did:example:subject").unwrap());
        for (index, (curve, (signs, agrees))) in keys.into_iter().enumerate() {
            let id = DidUrl::parse(&format!("{}#key-{index}", document.id)).unwrap();
            let key = SecretKey::from_raw(id.clone(), curve, &raw(curve, &mut rng)).unwrap();
            let lists = [
                (signs, &mut document.authentication),
                (agrees, &mut document.key_agreement),
            ];
            for (_, list) in lists.into_iter().filter(|(is_listed, _)| *is_listed) {
                list.push(id.clone());
            }
            let method = VerificationMethod::new(id, key.public().unwrap());
            document.methods.push(method);
        }
        document.also_known_as = names.iter().map(|name| Did::parse(name).unwrap()).collect();
        document.services = services
            .into_iter()
            .map(|(id, endpoints)| Service { id, endpoints })
            .collect();
        document
    })
}

#[test]
fn a_did_and_a_did_url_read_back_as_they_are_shown() {
    let values = (did(), "([/?][a-z/?=&]{0,12})?(#[!-~]{0,12})?");
    holds("parse(display(did)) = did", 512, &values, |(text, rest)| {
        let Ok(did) = Did::parse(&text) else {
            return Ok(());
        };
        prop_assert_eq!(did.to_string(), text.clone());
        prop_assert_eq!(Did::parse(&did.to_string()), Ok(did.clone()));
        prop_assert_eq!(
            &serde_json::from_value::<Did>(did.as_str().into()).unwrap(),
            &did
        );
        prop_assert!(did.short().is_same_as(&did));

        let Ok(url) = DidUrl::parse(&format!("{text}{rest}")) else {
            return Ok(());
        };
        prop_assert_eq!(url.to_string(), format!("{text}{rest}"));
        prop_assert_eq!(url.did(), did);
        prop_assert_eq!(
            url.fragment(),
            rest.split_once('#').map(|(_, fragment)| fragment)
        );
        Ok(())
    });
}

#[test]
fn whatever_a_did_spells_out_is_a_document_that_reads_back() {
    holds("resolve(did)", 256, &did(), |text| {
        let Ok(did) = Did::parse(&text) else {
            return Ok(());
        };
        let Ok(found) = document::resolve(&did) else {
            return Ok(());
        };
        prop_assert_eq!(&found.id, &did);
        let stored = serde_json::to_vec(&found).unwrap();
        prop_assert_eq!(Document::from_slice(&stored, &did), Ok(found));
        Ok(())
    });
}

#[test]
fn a_did_that_is_made_spells_out_its_keys_and_endpoints() {
    let values = (
        prop::collection::vec(endpoint(), 0..3),
        any::<u64>(),
        any::<bool>(),
    );
    holds(
        "resolve(create(endpoints))",
        128,
        &values,
        |(endpoints, seed, is_four)| {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let (did, keys) = match is_four {
                true => peer4::create(&endpoints, &mut rng),
                false => peer2::create(&endpoints, &mut rng),
            };
            if did.as_str().len() > MAX_DID {
                return Ok(());
            }
            prop_assert_eq!(Did::parse(did.as_str()), Ok(did.clone()));
            let found = document::resolve(&did).unwrap();

            let listed = found.services.iter().flat_map(|service| &service.endpoints);
            prop_assert_eq!(listed.cloned().collect::<Vec<_>>(), endpoints);
            for (key, is_for_agreement) in [(keys.agreement(), true), (keys.signing(), false)] {
                let (kid, public) = (key.unwrap().kid(), key.unwrap().public());
                prop_assert_eq!(found.agreement_key(kid).is_some(), is_for_agreement);
                prop_assert_eq!(found.authentication_key(kid).is_some(), !is_for_agreement);
                let method = found.methods.iter().find(|method| method.id == *kid);
                prop_assert_eq!(method.map(|method| method.key.clone()), public);
            }
            Ok(())
        },
    );
}

#[test]
fn a_document_reads_back_from_its_json() {
    holds(
        "read(json(document)) = document",
        96,
        &any_document(),
        |document| {
            let json = serde_json::to_vec(&document).unwrap();

            prop_assert_eq!(
                Document::from_slice(&json, &document.id),
                Ok(document.clone())
            );
            prop_assert_eq!(
                &serde_json::from_slice::<Document>(&json).unwrap(),
                &document
            );
            for method in &document.methods {
                let jwk = method.key.to_jwk();
                let again = signet_didcomm::PublicKey::from_jwk(&jwk);
                prop_assert_eq!(again.as_ref(), Some(&method.key));
                let is_listed = document.key_agreement.contains(&method.id);
                prop_assert_eq!(document.agreement_key(&method.id).is_some(), is_listed);
            }
            Ok(())
        },
    );
}

#[test]
fn a_did_names_nobody_else_when_a_letter_is_changed() {
    let values = (
        any::<u64>(),
        any::<prop::sample::Index>(),
        "[A-Za-z0-9._:%-]",
        any::<bool>(),
    );
    holds(
        "a changed letter of a DID",
        256,
        &values,
        |(seed, place, letter, is_four)| {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let (did, _) = match is_four {
                true => peer4::create(&[], &mut rng),
                false => peer2::create(&[], &mut rng),
            };
            let mut text = did.to_string();
            let place = place.index(text.len());
            text.replace_range(place..=place, &letter);
            let Ok(other) = Did::parse(&text) else {
                return Ok(());
            };

            prop_assert_eq!(other.is_same_as(&did), text == did.as_str());
            let found = document::resolve(&other);
            let known = document::resolve(&did).unwrap();
            prop_assert!(
                text == did.as_str() || found.map(|found| found.methods) != Ok(known.methods)
            );
            Ok(())
        },
    );
}

#[test]
fn an_invitation_reads_back_from_any_link() {
    let said = || prop::option::of(word(12));
    let bases = vec![
        "https://example.com",
        "https://example.com/?a=b",
        "signet://invitation",
        "x:",
    ];
    let fields = (
        word(36),
        did().prop_filter_map("a DID", |text| Did::parse(&text).ok()),
        said(),
        said(),
        prop::collection::vec(word(12), 0..3),
        prop::collection::vec(attachment(), 0..3),
        prop::option::of(any::<u64>()),
    );
    let invitation = fields.prop_map(
        |(id, from, goal_code, goal, accept, attachments, expires_time)| Invitation {
            id,
            from,
            goal_code,
            goal,
            accept,
            attachments,
            expires_time,
        },
    );
    let breaks = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let values = (invitation, prop::sample::select(bases), breaks);
    holds(
        "from_url(to_url(invitation))",
        192,
        &values,
        |(invitation, base, breaks)| {
            let mut url = invitation.to_url(base);
            prop_assert!(
                Invitation::from_url(&url).as_ref() == Ok(&invitation),
                "{url}"
            );
            let json = invitation.to_message().to_vec();
            prop_assert!(
                Invitation::from_bytes(&json).as_ref() == Ok(&invitation),
                "{url}"
            );

            // Mail breaks links, and some percent-encode them.
            for place in breaks {
                url.insert_str(place.index(url.len()), "\r\n ");
            }
            prop_assert!(
                Invitation::from_url(&url).as_ref() == Ok(&invitation),
                "{url}"
            );
            Ok(())
        },
    );
}
