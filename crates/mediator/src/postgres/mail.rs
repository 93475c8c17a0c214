//! Envelopes go out: because somebody has them, or because they are too old.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::Transaction;
use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{MailId, Outcome},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{account::discount, apply::account_id, failure::Failure, name::Names, number};

/// Envelopes, and recipients that are left over, of one sweep.
const SWEEP: i64 = 500;

pub(super) async fn remove(
    tx: &Transaction<'_>,
    names: &Names,
    account: &Did,
    ids: &BTreeSet<MailId>,
) -> Result<Outcome, Failure> {
    let Some(account) = account_id(tx, &names.of(account)).await? else {
        return Ok(Outcome::Refused);
    };
    let ids: Vec<i64> = ids.iter().filter_map(|id| id.0.try_into().ok()).collect();
    // Two who acknowledge the same take turns; the second then finds nothing.
    let delete = tx
        .prepare_cached(
            "with own as materialized (
                select id from mail where account = $1 and id = any($2) order by id for update
            )
            delete from mail m where m.account = $1 and m.id = any(array(select id from own))
            returning m.account, m.recipient, octet_length(m.envelope)::bigint",
        )
        .await?;
    let gone = tx.query(&delete, &[&account, &ids]).await?;
    make_room(tx, &gone).await?;
    Ok(match gone.is_empty() {
        true => Outcome::Unchanged,
        false => Outcome::Done,
    })
}

pub(super) async fn sweep(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Failure> {
    // What another node sweeps, or somebody just acknowledged, is theirs.
    let delete = tx
        .prepare_cached(
            "with old as materialized (
                select account, id from mail where until < $1
                order by until limit $2 for update skip locked
            )
            delete from mail m using old o where m.account = o.account and m.id = o.id
            returning m.account, m.recipient, octet_length(m.envelope)::bigint",
        )
        .await?;
    let gone = tx.query(&delete, &[&number(now.0), &SWEEP]).await?;
    make_room(tx, &gone).await?;
    let left = tx
        .prepare_cached(
            "with left_over as materialized (
                select id from recipient where not is_registered and messages = 0
                limit $1 for update skip locked
            )
            delete from recipient r using left_over l where r.id = l.id",
        )
        .await?;
    tx.execute(&left, &[&SWEEP]).await?;
    Ok(gone.len() as u64)
}

/// Takes envelopes off the counters: recipients first, then accounts, each in the order of their
/// rows, which is how everybody locks them.
async fn make_room(tx: &Transaction<'_>, gone: &[Row]) -> Result<(), Failure> {
    if gone.is_empty() {
        return Ok(());
    }
    let mut recipients = Rooms::default();
    let mut accounts = Rooms::default();
    let mut total = 0;
    for row in gone {
        let bytes: i64 = row.try_get(2)?;
        accounts.add(row.try_get(0)?, bytes);
        recipients.add(row.try_get(1)?, bytes);
        total += bytes;
    }
    for (table, rooms) in [("recipient", recipients), ("account", accounts)] {
        let (ids, messages, bytes) = rooms.columns();
        let lock = format!("select from {table} where id = any($1) order by id for no key update");
        let lock = tx.prepare_cached(&lock).await?;
        tx.query(&lock, &[&ids]).await?;
        let update = format!(
            "update {table} t set messages = t.messages - g.messages, bytes = t.bytes - g.bytes
            from unnest($1::bigint[], $2::bigint[], $3::bigint[]) g (id, messages, bytes)
            where t.id = g.id"
        );
        let update = tx.prepare_cached(&update).await?;
        tx.execute(&update, &[&ids, &messages, &bytes]).await?;
    }
    discount(tx, total).await
}

/// How many messages and bytes, by row.
#[derive(Default)]
struct Rooms(BTreeMap<i64, (i64, i64)>);

impl Rooms {
    fn add(&mut self, id: i64, bytes: i64) {
        let room = self.0.entry(id).or_default();
        room.0 += 1;
        room.1 += bytes;
    }

    fn columns(self) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
        let mut columns = (Vec::new(), Vec::new(), Vec::new());
        for (id, (messages, bytes)) in self.0 {
            columns.0.push(id);
            columns.1.push(messages);
            columns.2.push(bytes);
        }
        columns
    }
}
