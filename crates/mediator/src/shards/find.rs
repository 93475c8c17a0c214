//! Where a DID is: all databases are asked at once.

use std::future::Future;

use futures::{StreamExt, stream::FuturesUnordered};
use signet_didcomm::did::Did;
use signet_protocol::mediator::MailboxError;

use super::Shards;
use crate::postgres::{Name, Postgres, Role};

/// The account under which a DID is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Its database.
    pub(super) place: usize,
    /// Its name there.
    pub(super) account: Name,
}

impl Shards {
    /// Where each of these DIDs is known, if it is anywhere. Once all are found, nobody is waited for.
    ///
    /// # Errors
    /// [`MailboxError`] of a database that may know one of those that were not found.
    pub(super) async fn spots(
        &self,
        asked: &[(Role, &Did)],
    ) -> Result<Vec<Option<Spot>>, MailboxError> {
        let asking = self.shards.iter().enumerate();
        let asking = asking.map(|(place, shard)| async move { (place, shard.find(asked).await) });
        let mut asking: FuturesUnordered<_> = asking.collect();
        let mut spots = vec![None; asked.len()];
        let mut failed = None;
        while let Some((place, found)) = asking.next().await {
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    failed = Some(error);
                    continue;
                }
            };
            for ((spot, account), (role, did)) in spots.iter_mut().zip(found).zip(asked) {
                if let Some(account) = account {
                    *spot = Some(Spot { place, account });
                    self.guesses.remember(*role, did, place);
                }
            }
            if spots.iter().all(Option::is_some) {
                return Ok(spots);
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(spots),
        }
    }

    /// The database that knows this DID.
    ///
    /// # Errors
    /// [`MailboxError`] of a database that may be the one.
    pub(super) async fn home(
        &self,
        role: Role,
        did: &Did,
    ) -> Result<Option<&Postgres>, MailboxError> {
        let spots = self.spots(&[(role, did)]).await?;
        let spot = spots.into_iter().flatten().next();
        Ok(spot.and_then(|spot| self.shards.get(spot.place)))
    }

    /// The first answer of any database that is not `nothing`.
    ///
    /// # Errors
    /// [`MailboxError`] of a database that may have another answer.
    pub(super) async fn first<'a, T: PartialEq, F>(
        &'a self,
        ask: impl Fn(&'a Postgres) -> F,
        nothing: &T,
    ) -> Result<Option<T>, MailboxError>
    where
        F: Future<Output = Result<T, MailboxError>>,
    {
        let mut asking: FuturesUnordered<_> = self.shards.iter().map(ask).collect();
        let mut failed = None;
        while let Some(answer) = asking.next().await {
            match answer {
                Ok(answer) if answer != *nothing => return Ok(Some(answer)),
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }
}
