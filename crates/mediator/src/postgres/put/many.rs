//! Several envelopes go in by one statement: what it costs to look, lock, count and make durable is
//! shared by all of them.

use deadpool_postgres::GenericClient;
use signet_protocol::mediator::{MailboxError, Outcome, Quota};

use super::{
    super::{failure::Failure, name::Names, number},
    did,
    queue::Letter,
};

// Recipients are locked first and accounts behind them, so the counters are the latest; for a lock that
// somebody else has nobody waits, because all the others would. An account takes all that came for it
// or nothing. Who is locked, or has no room for all of it, is left to the statement that puts one after
// the other. Ids are drawn under the account's lock, in the order in which the envelopes stand in the batch.
const PUT: &str = "
    with letter as materialized (
        select * from unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
            with ordinality l (name, due, until, came, envelope, place)
    ), spot as materialized (
        select id, name, account, messages, bytes from recipient
        where name = any($1) and is_registered
        for no key update skip locked
    ), owner as materialized (
        select id, messages, bytes from account
        where id = any(array(select account from spot))
        for no key update skip locked
    ), part as materialized (
        select s.id, s.account, l.messages, l.bytes,
            s.messages + l.messages <= $6::bigint and s.bytes + l.bytes <= $7::bigint as fits
        from (
            select name, count(*) as messages, sum(octet_length(envelope))::bigint as bytes
            from letter group by name
        ) l
        join spot s on s.name = l.name
    ), whole as materialized (
        select o.id, sum(p.messages)::bigint as messages, sum(p.bytes)::bigint as bytes
        from owner o
        join part p on p.account = o.id
        group by o.id, o.messages, o.bytes
        having bool_and(p.fits)
            and o.messages + sum(p.messages) <= $8::bigint and o.bytes + sum(p.bytes) <= $9::bigint
    ), taken as (
        update account a set messages = a.messages + w.messages, bytes = a.bytes + w.bytes
        from whole w
        where a.id = w.id
            and (select sum(bytes) from total) + (select sum(bytes) from whole) <= $10::bigint
        returning a.id, a.did, w.bytes
    ), counted as (
        update recipient r set messages = r.messages + p.messages, bytes = r.bytes + p.bytes
        from part p
        join taken t on t.id = p.account
        where r.id = p.id
    ), summed as (
        update total set bytes = bytes + (select sum(bytes) from taken)
        where part = pg_backend_pid() % 64 and exists (select from taken)
    ), kept as (
        insert into mail (account, id, recipient, due, until, came, envelope)
        select account, nextval('mail_id'), recipient, due, until, came, envelope
        from (
            select s.account, s.id as recipient, l.due, l.until, l.came, l.envelope
            from letter l
            join spot s on s.name = l.name
            join taken t on t.id = s.account
            order by l.place
        ) l
    )
    select exists (select from recipient r where r.name = l.name and r.is_registered), t.id, t.did
    from letter l
    left join spot s on s.name = l.name
    left join taken t on t.id = s.account
    order by l.place";

/// What became of one of them.
pub(super) enum Put {
    /// This, and the row of the account that got it.
    Made(Result<Outcome, MailboxError>, Option<i64>),
    /// Its recipient is locked just now, or there may be no room for all that came for its account.
    Alone,
}

/// Puts them, all at the same time; one answer each, in their order.
pub(super) async fn put(
    client: &impl GenericClient,
    names: &Names,
    quota: &Quota,
    letters: &[Letter],
) -> Result<Vec<Put>, Failure> {
    let statement = client.prepare_cached(PUT).await?;
    let mails = || letters.iter().map(|letter| &letter.mail);
    let recipients: Vec<_> = mails().map(|mail| names.of(&mail.recipient)).collect();
    let recipients: Vec<&[u8]> = recipients.iter().map(|name| name.as_slice()).collect();
    let due: Vec<i64> = mails().map(|mail| number(mail.from.0)).collect();
    let until: Vec<i64> = mails().map(|mail| number(mail.until.0)).collect();
    let came: Vec<i64> = letters.iter().map(|letter| number(letter.now.0)).collect();
    let envelopes: Vec<&[u8]> = mails().map(|mail| mail.envelope.as_slice()).collect();
    let rows = client
        .query(
            &statement,
            &[
                &recipients,
                &due,
                &until,
                &came,
                &envelopes,
                &number(quota.recipient.messages),
                &number(quota.recipient.bytes),
                &number(quota.account.messages),
                &number(quota.account.bytes),
                &number(quota.bytes),
            ],
        )
        .await?;
    let puts = rows.iter().map(|row| {
        let is_known: bool = row.try_get(0)?;
        let account: Option<i64> = row.try_get(1)?;
        Ok(match account {
            Some(account) => {
                // It is stored by now, whatever is wrong with the account's own row.
                let outcome = did(row.try_get(2)?).map_err(Failure::last);
                let outcome = outcome.map(|account| Outcome::Stored { account });
                Put::Made(outcome, Some(account))
            }
            None if is_known => Put::Alone,
            None => Put::Made(Ok(Outcome::Refused), None),
        })
    });
    puts.collect()
}
