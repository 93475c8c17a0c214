//! Changes become one transaction.

use deadpool_postgres::{GenericClient, Pool, Transaction};
use signet_protocol::{
    mediator::{Change, Outcome, Quota},
    time::Timestamp,
};

use super::{account, failure::Failure, hosted, kept, mail, name::Names, put, recipient};

/// Where changes are made, and under which bounds.
pub(super) struct Apply<'a> {
    pub(super) pool: &'a Pool,
    pub(super) names: &'a Names,
    pub(super) quota: &'a Quota,
    pub(super) now: Timestamp,
}

impl Apply<'_> {
    /// Makes all of it or nothing; also yields the rows of the accounts that got mail.
    pub(super) async fn once(
        &self,
        changes: &[Change],
    ) -> Result<(Vec<Outcome>, Vec<i64>), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let made = self.within(&tx, changes).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Makes all of it once the transaction is committed.
    pub(super) async fn within(
        &self,
        tx: &Transaction<'_>,
        changes: &[Change],
    ) -> Result<(Vec<Outcome>, Vec<i64>), Failure> {
        if changes.len() > 1 {
            self.lock(tx, changes).await?;
        }
        let mut outcomes = Vec::with_capacity(changes.len());
        let mut got = Vec::new();
        for change in changes {
            outcomes.push(self.change(tx, change, &mut got).await?);
        }
        Ok((outcomes, got))
    }

    async fn change(
        &self,
        tx: &Transaction<'_>,
        change: &Change,
        got: &mut Vec<i64>,
    ) -> Result<Outcome, Failure> {
        let (names, quota) = (self.names, self.quota);
        match change {
            Change::Grant { account } => account::grant(tx, names, quota, account).await,
            Change::Move { from, to } => account::move_to(tx, names, from, to).await,
            Change::Forget { account } => account::forget(tx, names, account).await,
            Change::Register { account, recipient } => {
                recipient::register(tx, names, quota, account, recipient).await
            }
            Change::Unregister { account, recipient } => {
                recipient::unregister(tx, names, account, recipient).await
            }
            Change::Put(mail) => {
                let (outcome, account) = put::put(tx, names, quota, mail, self.now).await?;
                got.extend(account);
                Ok(outcome)
            }
            Change::Remove { account, ids } => mail::remove(tx, names, account, ids).await,
            Change::Host(hosted) => hosted::host(tx, names, quota, hosted).await,
            Change::Unhost { account, id } => hosted::unhost(tx, names, account, *id).await,
            Change::Keep { name, value } => kept::keep(tx, name, value).await,
        }
    }

    /// Takes what several changes will need, in the order in which everybody takes it: names being
    /// registered, the number of accounts, recipients, accounts. What is missed here costs a
    /// deadlock now and then, which is tried again.
    async fn lock(&self, tx: &Transaction<'_>, changes: &[Change]) -> Result<(), Failure> {
        let mut registered = Vec::new();
        let mut written = Vec::new();
        let mut is_counted = false;
        for change in changes {
            match change {
                Change::Register { recipient, .. } => registered.push(self.names.of(recipient)),
                Change::Put(mail) => written.push(self.names.of(&mail.recipient).to_vec()),
                Change::Grant { .. } | Change::Move { .. } | Change::Forget { .. } => {
                    is_counted = true;
                }
                Change::Unregister { .. }
                | Change::Remove { .. }
                | Change::Host(_)
                | Change::Unhost { .. }
                | Change::Keep { .. } => {}
            }
        }
        registered.sort_unstable_by_key(recipient::lock_key);
        for name in &registered {
            recipient::lock_name(tx, name).await?;
        }
        if is_counted {
            account::lock_census(tx).await?;
        }
        if written.is_empty() {
            return Ok(());
        }
        let recipients = tx
            .prepare_cached(
                "select account from recipient where name = any($1) and is_registered
                order by id for no key update",
            )
            .await?;
        let rows = tx.query(&recipients, &[&written]).await?;
        let accounts = rows.iter().map(|row| row.try_get(0));
        let accounts: Vec<i64> = accounts.collect::<Result<_, _>>()?;
        let statement = tx
            .prepare_cached("select from account where id = any($1) order by id for no key update")
            .await?;
        tx.query(&statement, &[&accounts]).await?;
        Ok(())
    }
}

/// The row of an account.
pub(super) async fn account_id(
    client: &impl GenericClient,
    name: &[u8],
) -> Result<Option<i64>, Failure> {
    let statement = client
        .prepare_cached("select id from account where name = $1")
        .await?;
    let row = client.query_opt(&statement, &[&name]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
