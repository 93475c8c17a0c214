//! What a DID is called in the database.

use deadpool_postgres::Client;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use signet_didcomm::did::Did;
use signet_protocol::mediator::MailboxError;

use super::failure::Failure;

/// The keyed hash of a DID's short form. Of one length whatever the DID, and of no use to who finds
/// an index without the key.
pub(crate) type Name = [u8; 32];

/// The key that all nodes of one database share.
#[derive(Clone)]
pub(super) struct Names(Hmac<Sha256>);

impl Names {
    /// Reads the database's key; the first node draws it.
    pub(super) async fn open(client: &Client) -> Result<Self, Failure> {
        let fresh: [u8; 32] = rand::random();
        client
            .execute(
                "insert into secret (key) values ($1) on conflict do nothing",
                &[&fresh.as_slice()],
            )
            .await?;
        let row = client.query_one("select key from secret", &[]).await?;
        let key: &[u8] = row.try_get(0)?;
        Self::keyed(key).ok_or_else(|| {
            Failure::Mailbox(MailboxError::Broken("the key of names is unusable".into()))
        })
    }

    fn keyed(key: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(key).ok().map(Self)
    }

    pub(super) fn of(&self, did: &Did) -> Name {
        self.hash(did.short().as_str())
    }

    /// What the database itself is called: like no DID, and like no database with another key.
    pub(super) fn of_database(&self) -> Name {
        self.hash("database")
    }

    fn hash(&self, text: &str) -> Name {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use super::*;

    #[test]
    fn a_name_depends_on_the_key_and_the_did() {
        let alice = Did::parse("did:example:alice").unwrap();
        let bob = Did::parse("did:example:bob").unwrap();
        let [one, other] = [[1; 32], [2; 32]].map(|key| Names::keyed(&key).unwrap());

        assert_eq!(one.of(&alice), one.of(&alice.clone()));
        assert_ne!(one.of(&alice), one.of(&bob));
        assert_ne!(one.of(&alice), other.of(&alice));
    }
}
