//! DIDs are registered and unregistered.

use deadpool_postgres::Transaction;
use signet_didcomm::did::Did;
use signet_protocol::mediator::{Outcome, Quota};

use super::{
    apply::account_id,
    failure::Failure,
    name::{Name, Names},
    number,
};

pub(super) async fn register(
    tx: &Transaction<'_>,
    names: &Names,
    quota: &Quota,
    account: &Did,
    recipient: &Did,
) -> Result<Outcome, Failure> {
    let name = names.of(recipient);
    lock_name(tx, &name).await?;
    let Some(id) = account_id(tx, &names.of(account)).await? else {
        return Ok(Outcome::Refused);
    };
    let holder = tx
        .prepare_cached("select account from recipient where name = $1 and is_registered")
        .await?;
    if let Some(row) = tx.query_opt(&holder, &[&name.as_slice()]).await? {
        let holder: i64 = row.try_get(0)?;
        return Ok(match holder == id {
            true => Outcome::Unchanged,
            false => Outcome::Refused,
        });
    }
    // One that was unregistered and left something is locked before the account, as everywhere.
    let left = tx
        .prepare_cached("select from recipient where account = $1 and name = $2 for no key update")
        .await?;
    tx.query_opt(&left, &[&id, &name.as_slice()]).await?;
    let count = tx
        .prepare_cached(
            "update account set recipients = recipients + 1
            where id = $1 and recipients < $2",
        )
        .await?;
    let most = number(quota.recipients);
    if tx.execute(&count, &[&id, &most]).await? == 0 {
        return Ok(match account_id(tx, &names.of(account)).await? {
            Some(_) => Outcome::Full,
            None => Outcome::Refused,
        });
    }
    let insert = tx
        .prepare_cached(
            "insert into recipient (account, name, did, is_registered) values ($1, $2, $3, true)
            on conflict (account, name) do update set did = excluded.did, is_registered = true",
        )
        .await?;
    tx.execute(&insert, &[&id, &name.as_slice(), &recipient.as_str()])
        .await?;
    Ok(Outcome::Done)
}

pub(super) async fn unregister(
    tx: &Transaction<'_>,
    names: &Names,
    account: &Did,
    recipient: &Did,
) -> Result<Outcome, Failure> {
    let name = names.of(recipient);
    let Some(id) = account_id(tx, &names.of(account)).await? else {
        return Ok(Outcome::Refused);
    };
    let end = tx
        .prepare_cached(
            "update recipient set is_registered = false
            where account = $1 and name = $2 and is_registered returning id, messages",
        )
        .await?;
    let Some(row) = tx.query_opt(&end, &[&id, &name.as_slice()]).await? else {
        return Ok(Outcome::Unchanged);
    };
    let (row, messages): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if messages == 0 {
        let delete = tx
            .prepare_cached("delete from recipient where id = $1")
            .await?;
        tx.execute(&delete, &[&row]).await?;
    }
    let count = tx
        .prepare_cached("update account set recipients = recipients - 1 where id = $1")
        .await?;
    tx.execute(&count, &[&id]).await?;
    Ok(Outcome::Done)
}

/// Makes two who register one name take turns until their transactions end: whoever comes second
/// sees that it is taken, instead of failing at the index.
pub(super) async fn lock_name(tx: &Transaction<'_>, name: &Name) -> Result<(), Failure> {
    let statement = tx
        .prepare_cached("select pg_advisory_xact_lock($1)")
        .await?;
    tx.execute(&statement, &[&lock_key(name)]).await?;
    Ok(())
}

/// Two names with one key only wait for each other without need.
pub(super) fn lock_key(name: &Name) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *name;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
