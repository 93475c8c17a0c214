//! The ways to a contact that its document lists: straight, and through mediators.
//!
//! An endpoint that is a DID is a mediator's: its own document says where it is, and the message is
//! wrapped for it; so is it for each routing key. Source: DIDComm Messaging v2.1, "Routing Protocol
//! 2.0" and "Service Endpoint".

use rand_core::CryptoRng;
use signet_didcomm::{
    did::{Did, DidUrl},
    document::{Document, Endpoint},
    routing::{self, Hop},
};

use crate::{Messenger, step::Forward};

/// Ways through mediators that are tried.
const THROUGH: usize = 4;
/// Hops on one way.
const HOPS: usize = 3;

/// What a document lists.
#[derive(Clone, Default)]
pub(crate) struct Routes {
    /// Where the message goes as it is.
    pub(crate) straight: Vec<Endpoint>,
    through: Vec<Through>,
}

/// One way through mediators.
#[derive(Clone)]
struct Through {
    uri: String,
    /// The first outermost.
    hops: Vec<Hop>,
}

impl Routes {
    /// Whether it lists none that we can use.
    pub(crate) fn is_empty(&self) -> bool {
        self.straight.is_empty() && self.through.is_empty()
    }

    /// Whether one of them goes through mediators.
    pub(crate) fn goes_through(&self) -> bool {
        !self.through.is_empty()
    }

    /// How often a message is packed for them, once more for each hop.
    pub(crate) fn packings(&self) -> usize {
        let hops: usize = self.through.iter().map(|through| through.hops.len()).sum();
        1 + hops
    }

    /// Those that are posted to as they are.
    pub(crate) fn posts(&self) -> Self {
        let posts = self.straight.iter().filter(|at| is_http(at));
        Self {
            straight: posts.cloned().collect(),
            through: Vec::new(),
        }
    }

    /// An envelope for `next`, wrapped for each way through mediators. Ways that it cannot be wrapped
    /// for are left out.
    pub(crate) fn forwards(
        &self,
        envelope: &[u8],
        next: &Did,
        expires_time: Option<u64>,
        rng: &mut impl CryptoRng,
    ) -> Vec<Forward> {
        let wrapped = self.through.iter().filter_map(|through| {
            let hops = &through.hops;
            let wrapped = routing::wrap(envelope.to_vec(), next.as_str(), hops, expires_time, rng);
            Some(Forward {
                uri: through.uri.clone(),
                envelope: wrapped.ok()?,
            })
        });
        wrapped.collect()
    }
}

impl Messenger {
    /// The ways that this document lists, each kind in its order.
    pub(crate) fn routes(&self, document: &Document) -> Routes {
        let mut routes = Routes::default();
        for endpoint in document.endpoints() {
            if is_mediator(endpoint) {
                let through = self.through_mediator(endpoint);
                routes.through.extend(through);
            } else if endpoint.routing_keys.is_empty() {
                routes.straight.push(endpoint.clone());
            } else if is_http(endpoint)
                && let Some(hops) = self.hops(&endpoint.routing_keys)
            {
                let uri = endpoint.uri.clone();
                routes.through.push(Through { uri, hops });
            }
        }
        routes.through.truncate(THROUGH);
        routes
    }

    /// Through the mediator whose DID is the endpoint. Its keys stand before the routing keys, and its
    /// own endpoints must not be DIDs again.
    fn through_mediator(&self, endpoint: &Endpoint) -> Vec<Through> {
        let Ok(mediator) = Did::parse(&endpoint.uri) else {
            return Vec::new();
        };
        let (Ok(document), Some(behind)) =
            (self.document(&mediator), self.hops(&endpoint.routing_keys))
        else {
            return Vec::new();
        };
        let mut through = Vec::new();
        for at in document.endpoints().filter(|at| is_http(at)) {
            let Some(mut hops) = self.hops(&at.routing_keys) else {
                continue;
            };
            hops.push(Hop {
                name: mediator.as_str().to_owned(),
                document: document.clone(),
            });
            hops.extend(behind.iter().cloned());
            if hops.len() <= HOPS {
                let uri = at.uri.clone();
                through.push(Through { uri, hops });
            }
        }
        through
    }

    /// The hops of these names; `None` if one of them is not known.
    fn hops(&self, names: &[String]) -> Option<Vec<Hop>> {
        if names.len() > HOPS {
            return None;
        }
        let hop = |name: &String| {
            let did = DidUrl::parse(name).ok()?.did();
            Some(Hop {
                name: name.clone(),
                document: self.document(&did).ok()?,
            })
        };
        names.iter().map(hop).collect()
    }
}

/// Whether an endpoint is the DID of a mediator.
pub(crate) fn is_mediator(endpoint: &Endpoint) -> bool {
    endpoint.uri.starts_with("did:")
}

/// Whether an endpoint is posted to.
pub(crate) fn is_http(endpoint: &Endpoint) -> bool {
    let uri = &endpoint.uri;
    uri.starts_with("https://") || uri.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
    use signet_didcomm::{did::peer2, document, envelope, envelope::Opening, key::SecretKeys};

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(1)
    }

    fn routes_to(endpoints: &[Endpoint]) -> Routes {
        let (did, _) = peer2::create(endpoints, &mut rng());
        Messenger::default().routes(&document::resolve(&did).unwrap())
    }

    /// Takes one layer off; who is next, and what is for them.
    fn unwrap(envelope: &[u8], keys: &SecretKeys) -> (String, Vec<u8>) {
        let opening = Opening {
            secret: &|kid| keys.get(kid),
            document: &|did| document::resolve(did),
        };
        let unpacked = envelope::unpack(envelope, &opening, 0).unwrap();
        let mut forward = routing::read(&unpacked.message).unwrap();
        (forward.next, forward.envelopes.pop().unwrap())
    }

    #[test]
    fn a_mediator_gets_the_message_wrapped_and_nobody_else_does() {
        let rng = &mut rng();
        let at = [
            Endpoint::v2("wss://m.example/"),
            Endpoint::v2("https://m.example/"),
        ];
        let (mediator, keys) = peer2::create(&at, rng);
        let routes = routes_to(&[
            Endpoint::v2(mediator.as_str()),
            Endpoint::v2("https://bob.example/"),
        ]);
        let bob = Did::parse("did:example:bob").unwrap();

        let forwards = routes.forwards(b"{\"a\":1}", &bob, None, rng);

        assert_eq!(routes.straight, [Endpoint::v2("https://bob.example/")]);
        assert_eq!(forwards.len(), 1);
        assert_eq!(forwards[0].uri, "https://m.example/");
        let (next, inner) = unwrap(&forwards[0].envelope, &keys);
        assert_eq!(
            (next.as_str(), inner.as_slice()),
            ("did:example:bob", &b"{\"a\":1}"[..])
        );
    }

    #[test]
    fn routing_keys_are_wrapped_for_from_the_last_to_the_first() {
        let rng = &mut rng();
        let (first, first_keys) = peer2::create(&[], rng);
        let (second, second_keys) = peer2::create(&[], rng);
        let key = |keys: &SecretKeys| keys.agreement().unwrap().kid().as_str().to_owned();
        let endpoint = Endpoint {
            routing_keys: vec![key(&first_keys), key(&second_keys)],
            ..Endpoint::v2("https://m.example/")
        };
        let bob = Did::parse("did:example:bob").unwrap();

        let forwards = routes_to(&[endpoint]).forwards(b"{}", &bob, None, rng);

        let (next, inner) = unwrap(&forwards[0].envelope, &first_keys);
        assert_eq!(next, key(&second_keys));
        let (next, _) = unwrap(&inner, &second_keys);
        assert_eq!(next, "did:example:bob");
        assert_ne!(first, second);
    }

    #[test]
    fn a_mediator_behind_a_mediator_or_one_that_cannot_be_read_is_no_way() {
        let rng = &mut rng();
        let (inner, _) = peer2::create(&[Endpoint::v2("https://m.example/")], rng);
        let (outer, _) = peer2::create(&[Endpoint::v2(inner.as_str())], rng);
        let unknown_key = Endpoint {
            routing_keys: vec!["did:web:m.example#1".to_owned()],
            ..Endpoint::v2("https://m.example/")
        };

        let routes = routes_to(&[
            Endpoint::v2(outer.as_str()),
            Endpoint::v2("did:web:m.example"),
            unknown_key,
        ]);

        assert!(routes.is_empty());
    }
}
