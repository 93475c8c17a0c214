//! Documents that DIDs spell out, remembered because reading one costs more than packing to it.
//!
//! Such a document is a pure function of its DID, so nothing here ever goes stale, and forgetting is
//! free.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use signet_didcomm::{
    did::Did,
    document::{self, Document, ResolveError},
};

/// Documents remembered at once: more relationships than that are not busy in one minute.
const MOST: usize = 256;

/// The documents met lately.
#[derive(Default)]
pub(crate) struct Resolved(Mutex<BTreeMap<Did, Document>>);

impl Resolved {
    /// The document that this DID spells out; see [`document::resolve`].
    pub(crate) fn resolve(&self, did: &Did) -> Result<Document, ResolveError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = known.get(did) {
            return Ok(document.clone());
        }
        let document = document::resolve(did)?;
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(did.clone(), document.clone());
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
    use signet_didcomm::peer4;

    use super::*;

    #[test]
    fn the_remembered_document_is_the_document_however_many_came_between() {
        let resolved = Resolved::default();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let dids: Vec<Did> = (0..=MOST).map(|_| peer4::create(&[], &mut rng).0).collect();

        for did in dids.iter().chain(&dids) {
            assert_eq!(resolved.resolve(did), document::resolve(did));
        }
        assert!(resolved.0.lock().unwrap().len() <= MOST);
    }

    #[test]
    fn what_does_not_resolve_is_not_remembered() {
        let resolved = Resolved::default();
        let did = Did::parse("did:web:example.com").unwrap();

        assert_eq!(resolved.resolve(&did), document::resolve(&did));
        assert!(resolved.0.lock().unwrap().is_empty());
    }
}
