//! The tables, and how an older database gets to them.

use deadpool_postgres::Client;
use signet_protocol::mediator::MailboxError;

use super::{failure::Failure, number};

/// Each leads from the version that is its index to the next. One that was released never changes.
const MIGRATIONS: [&str; 3] = [
    include_str!("schema.sql"),
    include_str!("hosted.sql"),
    include_str!("claim.sql"),
];

/// The advisory lock that lets one node at a time look after the tables: "mail".
const LOCK: i64 = 0x6d61_696c;

/// Brings the tables to the version that is known here. Nodes that start together do so one after
/// the other.
pub(super) async fn migrate(client: &mut Client) -> Result<(), Failure> {
    let tx = client.transaction().await?;
    tx.execute("select pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    tx.batch_execute("create table if not exists version (number bigint not null)")
        .await?;
    let row = tx.query_opt("select number from version", &[]).await?;
    let version: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
    let known = MIGRATIONS.len();
    let Some(missing) = usize::try_from(version)
        .ok()
        .and_then(|version| MIGRATIONS.get(version..))
    else {
        return Err(Failure::Mailbox(MailboxError::Broken(format!(
            "the database is of version {version}, and this program knows only up to {known}; \
             run the newer program"
        ))));
    };
    if missing.is_empty() {
        return Ok(());
    }
    for migration in missing {
        tx.batch_execute(migration).await?;
    }
    tx.batch_execute("delete from version").await?;
    let known = number(known as u64);
    tx.execute("insert into version (number) values ($1)", &[&known])
        .await?;
    tx.commit().await?;
    Ok(())
}
