//! An envelope goes in: one statement.

use deadpool_postgres::GenericClient;
use signet_protocol::{
    mediator::{Mail, Outcome, Quota},
    time::Timestamp,
};

use super::{
    super::{failure::Failure, name::Names, number},
    did,
};

// The recipient is locked first, so its counters are the latest; those of the account are looked at
// again by the update if somebody was before us. Ids are drawn under the account's lock, so they
// rise in the order in which its envelopes become visible. A connection keeps to one part of the
// total, so two rarely wait for one.
const PUT: &str = "
    with spot as materialized (
        select id, account, messages, bytes from recipient
        where name = $1 and is_registered
        for no key update
    ), taken as (
        update account a set messages = a.messages + 1, bytes = a.bytes + $2
        from spot s
        where a.id = s.account
            and s.messages < $3 and s.bytes + $2 <= $4
            and a.messages < $5 and a.bytes + $2 <= $6
            and (select sum(bytes)::bigint from total) + $2 <= $7
        returning a.id, a.did, s.id as recipient
    ), counted as (
        update recipient r set messages = r.messages + 1, bytes = r.bytes + $2
        from taken t where r.id = t.recipient
    ), summed as (
        update total set bytes = bytes + $2 from taken where part = pg_backend_pid() % 64
    ), kept as (
        insert into mail (account, id, recipient, due, until, came, envelope)
        select t.id, nextval('mail_id'), t.recipient, $8, $9, $10, $11 from taken t
    )
    select exists (select from spot), t.id, t.did
    from (values (1)) one (one) left join taken t on true";

/// Puts one envelope; also yields the row of the account that got it.
pub(in super::super) async fn put(
    client: &impl GenericClient,
    names: &Names,
    quota: &Quota,
    mail: &Mail,
    now: Timestamp,
) -> Result<(Outcome, Option<i64>), Failure> {
    let name = names.of(&mail.recipient);
    let statement = client.prepare_cached(PUT).await?;
    let row = client
        .query_one(
            &statement,
            &[
                &name.as_slice(),
                &number(mail.envelope.len() as u64),
                &number(quota.recipient.messages),
                &number(quota.recipient.bytes),
                &number(quota.account.messages),
                &number(quota.account.bytes),
                &number(quota.bytes),
                &number(mail.from.0),
                &number(mail.until.0),
                &number(now.0),
                &mail.envelope,
            ],
        )
        .await?;
    let is_known: bool = row.try_get(0)?;
    let account: Option<i64> = row.try_get(1)?;
    let Some(account) = account else {
        let outcome = match is_known {
            true => Outcome::Full,
            false => Outcome::Refused,
        };
        return Ok((outcome, None));
    };
    let outcome = Outcome::Stored {
        account: did(row.try_get(2)?)?,
    };
    Ok((outcome, Some(account)))
}
