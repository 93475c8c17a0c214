//! Invitations that have a page.

use deadpool_postgres::{Client, Transaction};
use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{Facts, Hosted, HostedId, Outcome, Quota, limit},
    time::Timestamp,
};

use super::{account::discount, failure::Failure, name::Names, number};

/// Invitations of one sweep.
const SWEEP: i64 = 500;

pub(super) async fn host(
    tx: &Transaction<'_>,
    names: &Names,
    quota: &Quota,
    hosted: &Hosted,
) -> Result<Outcome, Failure> {
    let Some(account) = lock_account(tx, names, &hosted.account).await? else {
        return Ok(Outcome::Refused);
    };
    let again = tx
        .prepare_cached(
            "update hosted set until = greatest(until, $3)
            where account = $1 and sha256(invitation) = sha256($2) returning id, until",
        )
        .await?;
    let until = number(hosted.until.0);
    let invitation = &hosted.invitation;
    if let Some(row) = tx
        .query_opt(&again, &[&account, invitation, &until])
        .await?
    {
        let id: Vec<u8> = row.try_get(0)?;
        let until: i64 = row.try_get(1)?;
        return Ok(Outcome::Hosted {
            id: HostedId(id.try_into().unwrap_or_default()),
            until: Timestamp(until.try_into().unwrap_or_default()),
        });
    }
    let bytes = number(invitation.len() as u64);
    let insert = tx
        .prepare_cached(
            "insert into hosted (id, account, until, invitation)
            select $1, $2, $3, $4
            where (select count(*) from hosted where account = $2) < $5
                and (select sum(bytes)::bigint from total) + $6 <= $7",
        )
        .await?;
    let inserted = tx
        .execute(
            &insert,
            &[
                &hosted.id.0.as_slice(),
                &account,
                &until,
                invitation,
                &number(limit::HOSTED as u64),
                &bytes,
                &number(quota.bytes),
            ],
        )
        .await?;
    if inserted == 0 {
        return Ok(Outcome::Full);
    }
    discount(tx, -bytes).await?;
    let (id, until) = (hosted.id, hosted.until);
    Ok(Outcome::Hosted { id, until })
}

pub(super) async fn unhost(
    tx: &Transaction<'_>,
    names: &Names,
    account: &Did,
    id: HostedId,
) -> Result<Outcome, Failure> {
    let Some(account) = lock_account(tx, names, account).await? else {
        return Ok(Outcome::Refused);
    };
    let delete = tx
        .prepare_cached(
            "delete from hosted where id = $1 and account = $2
            returning octet_length(invitation)::bigint",
        )
        .await?;
    let Some(row) = tx.query_opt(&delete, &[&id.0.as_slice(), &account]).await? else {
        return Ok(Outcome::Unchanged);
    };
    discount(tx, row.try_get(0)?).await?;
    Ok(Outcome::Done)
}

/// All of an account that goes; nobody adds one until then. Yields their bytes, which the caller takes
/// off the total.
pub(super) async fn forget(tx: &Transaction<'_>, account: i64) -> Result<i64, Failure> {
    let lock = tx
        .prepare_cached("select from account where id = $1 for update")
        .await?;
    tx.query(&lock, &[&account]).await?;
    let delete = tx
        .prepare_cached(
            "with gone as (
                delete from hosted where account = $1 returning octet_length(invitation) as bytes
            )
            select coalesce(sum(bytes), 0)::bigint from gone",
        )
        .await?;
    Ok(tx.query_one(&delete, &[&account]).await?.try_get(0)?)
}

pub(super) async fn hosted(
    client: &Client,
    id: HostedId,
    now: Timestamp,
) -> Result<Facts, Failure> {
    let statement = client
        .prepare_cached("select invitation from hosted where id = $1 and until >= $2")
        .await?;
    let row = client
        .query_opt(&statement, &[&id.0.as_slice(), &number(now.0)])
        .await?;
    Ok(Facts::Hosted(row.map(|row| row.try_get(0)).transpose()?))
}

/// Drops a few that are over; yields how many.
pub(super) async fn sweep(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Failure> {
    // What another node sweeps is theirs.
    let delete = tx
        .prepare_cached(
            "with old as materialized (
                select id from hosted where until < $1
                order by until limit $2 for update skip locked
            )
            delete from hosted h using old o where h.id = o.id
            returning octet_length(h.invitation)::bigint",
        )
        .await?;
    let gone = tx.query(&delete, &[&number(now.0), &SWEEP]).await?;
    let bytes = gone.iter().map(|row| row.try_get::<_, i64>(0));
    let bytes: i64 = bytes.sum::<Result<_, _>>()?;
    if bytes > 0 {
        discount(tx, bytes).await?;
    }
    Ok(gone.len() as u64)
}

/// The row of an account, whose invitations nobody else changes meanwhile.
async fn lock_account(
    tx: &Transaction<'_>,
    names: &Names,
    account: &Did,
) -> Result<Option<i64>, Failure> {
    let statement = tx
        .prepare_cached("select id from account where name = $1 for no key update")
        .await?;
    let name = names.of(account);
    let row = tx.query_opt(&statement, &[&name.as_slice()]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
