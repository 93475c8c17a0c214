//! Rendezvous: where two find each other when neither knows the other's address any more.
//!
//! At each of our relays we leave a signed record of where we are, under names that the node hands in
//! ([`Meeting`]): each is for one contact, and only he and we can work it out. When a contact is not
//! to be reached at any address that we know, his relays and ours are asked for his record under his
//! names. It counts only if he himself signed it, and it proves nothing but that he is to be dialled
//! there.
//!
//! The protocol is libp2p's, the parts are not: libp2p's server tells everybody everything when no
//! name is asked for, and grows with each repeated registration; its client has whatever it is told
//! dialled, near addresses included, for as long as it is told.
//!
//! | module | holds |
//! |---|---|
//! | `wire` | the protocol's messages |
//! | `record` | who is where, signed by himself |
//! | `meetings` | under which names we meet whom |
//! | `plan`, `keeper` | what is registered where, and the task that sees to it |
//! | `seeking` | looking for somebody |

mod keeper;
mod meetings;
mod plan;
pub(crate) mod record;
mod seeking;
pub(crate) mod wire;

use crate::address::Scope;
use futures::AsyncWriteExt;
use libp2p::{Multiaddr, PeerId, core::transport::ListenerId};
use libp2p_stream::{Control, OpenStreamError};
use std::{io, time::Duration};
use tokio::time::timeout;

pub(crate) use keeper::Keeper;
pub(crate) use meetings::Meetings;
pub use meetings::{MAX_MEETINGS, Meeting};

/// How long one question may take, from the stream's opening to the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where we are to be found as things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) places: Vec<Place>,
    /// Our addresses that need no relay, the most useful first.
    pub(crate) addresses: Vec<Multiaddr>,
}

/// A place of ours at a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) relay: PeerId,
    /// Another one, when the place was lost and given again.
    pub(crate) listener: ListenerId,
    /// Whoever asks there comes from as far away as the relay is.
    pub(crate) scope: Scope,
    /// Our addresses behind it.
    pub(crate) circuits: Vec<Multiaddr>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// It is no rendezvous point.
    #[error("the other side is no rendezvous point")]
    Unsupported,
    /// It is not to be reached, or did not answer in time.
    #[error("the rendezvous point does not answer")]
    Silent(#[source] io::Error),
}

/// Asks a rendezvous point with which we are connected.
pub(crate) async fn ask(
    control: &mut Control,
    point: PeerId,
    request: &wire::Request,
) -> Result<wire::Answer, AskError> {
    let exchange = async {
        let opened = control.open_stream(point, wire::PROTOCOL).await;
        let mut stream = opened.map_err(|error| match error {
            OpenStreamError::UnsupportedProtocol(_) => AskError::Unsupported,
            other => AskError::Silent(io::Error::other(other)),
        })?;
        let exchanged = async {
            wire::write(&mut stream, &request.to_bytes()).await?;
            // Nothing is answered to this one.
            if let wire::Request::Unregister { .. } = request {
                stream.close().await?;
                return Ok(wire::Answer::Unregistered);
            }
            let answer = wire::read(&mut stream, wire::MAX_ANSWER).await?;
            wire::Answer::from_bytes(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
        };
        exchanged.await.map_err(AskError::Silent)
    };
    let late = |_| AskError::Silent(io::ErrorKind::TimedOut.into());
    timeout(PATIENCE, exchange).await.map_err(late)?
}
