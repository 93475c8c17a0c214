//! Changes that a database makes by itself.

use std::{collections::BTreeMap, iter::zip};

use signet_protocol::{
    mediator::{Change, Mailbox, MailboxError, Outcome},
    time::Timestamp,
};

use super::{Shards, give, run::Local};
use crate::postgres::{Postgres, Role};

impl Shards {
    /// Makes these, each database its own.
    pub(super) async fn make(
        &self,
        mut locals: Vec<Local>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, MailboxError> {
        match (locals.pop(), locals.is_empty()) {
            (Some(local), true) => Ok(vec![self.make_one(local, now).await?]),
            (last, _) => {
                locals.extend(last);
                self.make_all(locals, now).await
            }
        }
    }

    async fn make_one(&self, local: Local, now: Timestamp) -> Result<Outcome, MailboxError> {
        let Local {
            role,
            did,
            change,
            nobody,
        } = local;
        let make = |shard| make_at(shard, change.clone(), now);
        self.at_home(role, &did, nobody, make).await
    }

    /// Nothing is guessed here: what was found late could not be made in order any more.
    async fn make_all(
        &self,
        locals: Vec<Local>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, MailboxError> {
        let asked: Vec<(Role, _)> = locals.iter().map(|one| (one.role, &one.did)).collect();
        let spots = self.spots(&asked).await?;
        let mut outcomes = Vec::with_capacity(locals.len());
        let mut parts: BTreeMap<usize, (Vec<usize>, Vec<Change>)> = BTreeMap::new();
        for (number, (local, spot)) in zip(locals, spots).enumerate() {
            outcomes.push(local.nobody);
            if let Some(spot) = spot {
                let (numbers, changes) = parts.entry(spot.place).or_default();
                numbers.push(number);
                changes.push(local.change);
            }
        }
        for (place, (numbers, changes)) in parts {
            let shard = self.shards.get(place).ok_or_else(give::contested)?;
            for (number, made) in zip(numbers, shard.apply(changes, now).await?) {
                if let Some(outcome) = outcomes.get_mut(number) {
                    *outcome = made;
                }
            }
        }
        Ok(outcomes)
    }
}

async fn make_at(
    shard: &Postgres,
    change: Change,
    now: Timestamp,
) -> Result<Outcome, MailboxError> {
    let outcomes = shard.apply(vec![change], now).await?;
    let outcome = outcomes.into_iter().next();
    outcome.ok_or_else(|| MailboxError::Broken("a change came to nothing".into()))
}
