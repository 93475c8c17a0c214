//! A DID is given to an account, and to no other in whichever database.

use std::{cmp::Reverse, collections::BTreeSet, iter::zip, sync::Arc, time::Duration};

use futures::future::try_join_all;
use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{Change, Facts, Mailbox, MailboxError, Outcome, Question},
    time::Timestamp,
};

use super::Shards;
use crate::postgres::{Claims, Postgres, Role};

/// How often it is tried while others are in the way.
pub(super) const TRIES: u32 = 8;

impl Shards {
    pub(super) async fn grant(
        &self,
        account: Did,
        now: Timestamp,
    ) -> Result<Outcome, MailboxError> {
        let mut order: Vec<usize> = (0..self.shards.len()).collect();
        order.sort_by_key(|place| Reverse(self.shards.get(*place).map(|s| s.name(&account))));
        'tries: for tried in 0..TRIES {
            pause(tried).await;
            if self.home(Role::Account, &account).await?.is_some() {
                return Ok(Outcome::Unchanged);
            }
            for &place in &order {
                let dids = vec![account.clone()];
                let account = account.clone();
                let changes = vec![Change::Grant { account }];
                let given = self.give(place, Role::Account, dids, changes, now).await?;
                match given.and_then(|outcomes| outcomes.into_iter().next()) {
                    Some(Outcome::Full) => {}
                    Some(outcome) => return Ok(outcome),
                    None => continue 'tries,
                }
            }
            return Ok(Outcome::Full);
        }
        Err(contested())
    }

    pub(super) async fn move_to(
        &self,
        from: Did,
        to: Did,
        now: Timestamp,
    ) -> Result<Outcome, MailboxError> {
        for tried in 0..TRIES {
            pause(tried).await;
            // Whoever moved says so until he was heard, so this is what it is nearly always.
            if self.home(Role::Account, &to).await?.is_some() {
                return Ok(Outcome::Refused);
            }
            let spots = self.spots(&[(Role::Account, &from)]).await?;
            let Some(spot) = spots.into_iter().flatten().next() else {
                return Ok(Outcome::Refused);
            };
            let dids = vec![to.clone()];
            let (from, to) = (from.clone(), to.clone());
            let changes = vec![Change::Move { from, to }];
            let given = self.give(spot.place, Role::Account, dids, changes, now);
            if let Some(outcome) = given.await?.and_then(|made| made.into_iter().next()) {
                return Ok(outcome);
            }
        }
        Err(contested())
    }

    pub(super) async fn register(
        &self,
        account: Did,
        recipients: Vec<Did>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, MailboxError> {
        for tried in 0..TRIES {
            pause(tried).await;
            let mut asked = vec![(Role::Account, &account)];
            asked.extend(recipients.iter().map(|did| (Role::Recipient, did)));
            let spots = self.spots(&asked).await?;
            let Some((Some(own), spots)) = spots.split_first() else {
                return Ok(vec![Outcome::Refused; recipients.len()]);
            };
            let mut outcomes = Vec::with_capacity(recipients.len());
            let mut free = Vec::new();
            for (number, (recipient, spot)) in zip(&recipients, spots).enumerate() {
                outcomes.push(match spot {
                    Some(spot) if spot == own => Outcome::Unchanged,
                    Some(_) => Outcome::Refused,
                    None => {
                        free.push((number, recipient));
                        Outcome::Refused
                    }
                });
            }
            if free.is_empty() {
                return Ok(outcomes);
            }
            let register = |recipient: &Did| Change::Register {
                account: account.clone(),
                recipient: recipient.clone(),
            };
            let changes = free.iter().map(|(_, did)| register(did)).collect();
            let dids: BTreeSet<Did> = free.iter().map(|(_, did)| did.short()).collect();
            let dids = dids.into_iter().collect();
            let given = self.give(own.place, Role::Recipient, dids, changes, now);
            let Some(made) = given.await? else {
                continue;
            };
            for ((number, _), made) in zip(free, made) {
                if let Some(outcome) = outcomes.get_mut(number) {
                    *outcome = made;
                }
            }
            return Ok(outcomes);
        }
        Err(contested())
    }

    /// What the mediator keeps lies in one database; in which is settled by their names.
    pub(super) async fn keep(
        &self,
        name: &'static str,
        value: Vec<u8>,
        now: Timestamp,
    ) -> Result<Outcome, MailboxError> {
        if self.look(Question::Kept(name), now).await? != Facts::Kept(None) {
            return Ok(Outcome::Unchanged);
        }
        let places = 0..self.shards.len();
        let first = places.min_by_key(|place| self.shards.get(*place).map(Postgres::id));
        let changes = vec![Change::Keep { name, value }];
        let place = first.unwrap_or_default();
        let kept = self.give(place, Role::Account, Vec::new(), changes, now);
        let outcome = kept.await?.and_then(|made| made.into_iter().next());
        outcome.ok_or_else(contested)
    }

    /// Makes changes in a database that give these DIDs away, which nobody has; `None` if somebody
    /// else was about to.
    async fn give(
        &self,
        place: usize,
        role: Role,
        dids: Vec<Did>,
        changes: Vec<Change>,
        now: Timestamp,
    ) -> Result<Option<Vec<Outcome>>, MailboxError> {
        let claims = Claims {
            role,
            dids,
            token: rand::random(),
        };
        let (shards, dids) = (self.shards.clone(), claims.dids.clone());
        // Who asked may go away in the midst of it.
        let giving =
            tokio::spawn(async move { give(&shards, place, &claims, &changes, now).await });
        let given = giving
            .await
            .map_err(|error| MailboxError::Away(error.to_string()))??;
        if given.is_some() {
            for did in &dids {
                self.guesses.remember(role, did, place);
            }
        }
        Ok(given)
    }
}

async fn give(
    shards: &Arc<[Postgres]>,
    place: usize,
    claims: &Claims,
    changes: &[Change],
    now: Timestamp,
) -> Result<Option<Vec<Outcome>>, MailboxError> {
    let Some(shard) = shards.get(place) else {
        return Ok(None);
    };
    if claims.dids.is_empty() {
        return shard.fulfil(claims, changes, now).await;
    }
    shard.claim(claims).await?;
    let others = shards.iter().enumerate().filter(|(n, _)| *n != place);
    let yields = try_join_all(others.map(|(_, other)| other.yields(claims))).await;
    let given = match yields {
        Ok(yields) if yields.iter().all(|yields| *yields) => {
            shard.fulfil(claims, changes, now).await
        }
        Ok(_) => Ok(None),
        Err(error) => Err(error),
    };
    if !matches!(given, Ok(Some(_)))
        && let Err(error) = shard.withdraw(claims).await
    {
        tracing::debug!(%error, "claims are left over");
    }
    given
}

/// Two that got in each other's way should not meet again.
async fn pause(tried: u32) {
    if tried > 0 {
        let wait = rand::random_range(0..10_u64 << tried);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}

pub(super) fn contested() -> MailboxError {
    MailboxError::Away("others are about to have the same DID".into())
}
