//! Accounts come, move and go. All of it is rare, so it may wait for a single row.

use deadpool_postgres::Transaction;
use signet_didcomm::did::Did;
use signet_protocol::mediator::{Outcome, Quota};

use super::{apply::account_id, failure::Failure, hosted, name::Names, number};

pub(super) async fn grant(
    tx: &Transaction<'_>,
    names: &Names,
    quota: &Quota,
    account: &Did,
) -> Result<Outcome, Failure> {
    let name = names.of(account);
    // Clients ask again at every start, and nobody needs to wait for those.
    if account_id(tx, &name).await?.is_some() {
        return Ok(Outcome::Unchanged);
    }
    let accounts = lock_census(tx).await?;
    if account_id(tx, &name).await?.is_some() {
        return Ok(Outcome::Unchanged);
    }
    if accounts >= number(quota.accounts) {
        return Ok(Outcome::Full);
    }
    let insert = tx
        .prepare_cached(
            "insert into account (name, did) values ($1, $2) on conflict (name) do nothing",
        )
        .await?;
    let inserted = tx
        .execute(&insert, &[&name.as_slice(), &account.as_str()])
        .await?;
    if inserted == 0 {
        // Another one moved to this DID in the meantime.
        return Ok(Outcome::Unchanged);
    }
    count(tx, 1).await?;
    Ok(Outcome::Done)
}

pub(super) async fn move_to(
    tx: &Transaction<'_>,
    names: &Names,
    from: &Did,
    to: &Did,
) -> Result<Outcome, Failure> {
    // Grants are kept off, so that the name stays free until it is taken.
    lock_census(tx).await?;
    let (old, new) = (names.of(from), names.of(to));
    if account_id(tx, &new).await?.is_some() {
        return Ok(Outcome::Refused);
    }
    let update = tx
        .prepare_cached("update account set name = $2, did = $3 where name = $1")
        .await?;
    let moved = tx
        .execute(&update, &[&old.as_slice(), &new.as_slice(), &to.as_str()])
        .await?;
    Ok(match moved {
        0 => Outcome::Refused,
        _ => Outcome::Done,
    })
}

pub(super) async fn forget(
    tx: &Transaction<'_>,
    names: &Names,
    account: &Did,
) -> Result<Outcome, Failure> {
    lock_census(tx).await?;
    let Some(id) = account_id(tx, &names.of(account)).await? else {
        return Ok(Outcome::Unchanged);
    };
    // Who is putting something there is waited for, and whoever comes later finds nothing.
    let lock = tx
        .prepare_cached("select from recipient where account = $1 order by id for update")
        .await?;
    tx.query(&lock, &[&id]).await?;
    let hosted = hosted::forget(tx, id).await?;
    let delete = tx
        .prepare_cached("delete from account where id = $1 returning bytes")
        .await?;
    let Some(row) = tx.query_opt(&delete, &[&id]).await? else {
        return Ok(Outcome::Unchanged);
    };
    let bytes: i64 = row.try_get(0)?;
    for text in [
        "delete from mail where account = $1",
        "delete from presence where account = $1",
    ] {
        let statement = tx.prepare_cached(text).await?;
        tx.execute(&statement, &[&id]).await?;
    }
    discount(tx, bytes + hosted).await?;
    count(tx, -1).await?;
    Ok(Outcome::Done)
}

/// Makes who grants, moves and forgets take turns; yields how many accounts there are.
pub(super) async fn lock_census(tx: &Transaction<'_>) -> Result<i64, Failure> {
    let statement = tx
        .prepare_cached("select accounts from census for update")
        .await?;
    Ok(tx.query_one(&statement, &[]).await?.try_get(0)?)
}

async fn count(tx: &Transaction<'_>, more: i64) -> Result<(), Failure> {
    let statement = tx
        .prepare_cached("update census set accounts = accounts + $1")
        .await?;
    tx.execute(&statement, &[&more]).await?;
    Ok(())
}

/// So many bytes wait no longer.
pub(super) async fn discount(tx: &Transaction<'_>, bytes: i64) -> Result<(), Failure> {
    let statement = tx
        .prepare_cached("update total set bytes = bytes - $1 where part = pg_backend_pid() % 64")
        .await?;
    tx.execute(&statement, &[&bytes]).await?;
    Ok(())
}
