//! Who the mediator is: one DID, made at the first start, whose keys lie in the mailbox. Nodes that
//! share a mailbox are the same mediator.

use serde::{Deserialize, Serialize};
use signet_didcomm::{
    did::{Did, peer2, web},
    document::{self, Document, Endpoint},
    key::SecretKeys,
    message::new_id,
};
use signet_protocol::{
    mediator::{Change, Facts, Mailbox, MailboxError, Question},
    time::Timestamp,
};

const NAME: &str = "identity";

/// What is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The DID: a did:peer:2 that names how the mediator is reached.
    pub did: Did,
    /// Its keys.
    pub keys: SecretKeys,
    /// The id of the mediator's own invitation; who is let in by invitation only shows it.
    pub invitation: String,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The mailbox does not say.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// What is kept is not understood.
    #[error("the mediator's own keys, as kept in the mailbox, are not understood")]
    Damaged,
    /// Its DID names another address, and those it serves know it by that.
    #[error(
        "this mediator is known as {known}, and --public-url says {said}: those it serves would not \
         find it. Start it with --public-url {known}, or with an empty mailbox"
    )]
    Moved {
        /// The address in its DID.
        known: String,
        /// The address it was started with.
        said: String,
    },
}

impl Identity {
    /// The identity that is kept, or a fresh one, kept from now on. `url` is where the mediator is
    /// reached over HTTP, `socket` over WebSocket.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn of(
        mailbox: &impl Mailbox,
        url: &str,
        socket: &str,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        let fresh = Self::fresh(url, socket);
        let value = serde_json::to_vec(&fresh).map_err(|_| IdentityError::Damaged)?;
        let keep = Change::Keep { name: NAME, value };
        mailbox.apply(vec![keep], now).await?;
        let Facts::Kept(Some(kept)) = mailbox.look(Question::Kept(NAME), now).await? else {
            return Err(IdentityError::Damaged);
        };
        let kept: Self = serde_json::from_slice(&kept).map_err(|_| IdentityError::Damaged)?;
        let known = kept.url().ok_or(IdentityError::Damaged)?;
        if known != url {
            let said = url.to_owned();
            return Err(IdentityError::Moved { known, said });
        }
        Ok(kept)
    }

    /// The same mediator as a did:web, where its address names a host on https: that DID's keys and
    /// its document, for those who know mediators by such a DID.
    #[must_use]
    pub fn on_the_web(&self, url: &str) -> Option<(SecretKeys, Document)> {
        let did = web::of_site(url)?;
        let document = document::resolve(&self.did).ok()?;
        Some((self.keys.under(&did), document.under(&did)))
    }

    fn fresh(url: &str, socket: &str) -> Self {
        let mut rng = rand::rng();
        let endpoints = [Endpoint::v2(url), Endpoint::v2(socket)];
        let (did, keys) = peer2::create(&endpoints, &mut rng);
        let invitation = new_id(&mut rng);
        Self {
            did,
            keys,
            invitation,
        }
    }

    fn url(&self) -> Option<String> {
        let document = document::resolve(&self.did).ok()?;
        document.endpoints().next().map(|first| first.uri.clone())
    }
}
