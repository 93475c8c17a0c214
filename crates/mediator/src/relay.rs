//! The libp2p relay beside the mediator: it leads people to each other whose routers let nobody in.

use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;
use signet_protocol::{
    mediator::{Change, Facts, Mailbox, MailboxError, Question},
    time::Timestamp,
};
use signet_transport::{StartError, relay};

use crate::{server::Limits, settings::Addresses};

const NAME: &str = "relay";

/// Why there is no relay.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The mailbox does not say by which key it is known.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// What is kept is not understood.
    #[error("the relay's own key, as kept in the mailbox, is not understood")]
    Damaged,
    /// It would be found by nobody.
    #[error(
        "this machine has no address by which others find the relay: say one, --public-libp2p MULTIADDR"
    )]
    Nowhere,
    /// It cannot listen.
    #[error("the relay cannot start")]
    Start(#[source] StartError),
}

/// Starts it. It is known by the same key at every start; nodes that share a mailbox have a key each,
/// by where they are found.
///
/// # Errors
/// [`RelayError`].
pub async fn start(
    mailbox: &impl Mailbox,
    addresses: &Addresses,
    limits: Limits,
    now: Timestamp,
) -> Result<relay::Relay, RelayError> {
    let mut fresh = vec![0; 32];
    rand::rng().fill_bytes(&mut fresh);
    let keep = Change::Keep {
        name: NAME,
        value: fresh,
    };
    mailbox.apply(vec![keep], now).await?;
    let Facts::Kept(Some(kept)) = mailbox.look(Question::Kept(NAME), now).await? else {
        return Err(RelayError::Damaged);
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(&kept).map_err(|_| RelayError::Damaged)?;
    for address in addresses.public.iter().chain(&addresses.listen) {
        mac.update(address.as_bytes());
        mac.update(b"\n");
    }
    let relay = relay::start(relay::Config {
        secret: mac.finalize().into_bytes().into(),
        listen: addresses.listen.clone(),
        public: addresses.public.clone(),
        connections: u32::try_from(limits.connections).unwrap_or(u32::MAX),
        connections_each: u32::try_from(limits.connections_of_one).unwrap_or(u32::MAX),
    });
    relay.await.map_err(|error| match error {
        StartError::Nowhere => RelayError::Nowhere,
        error => RelayError::Start(error),
    })
}
