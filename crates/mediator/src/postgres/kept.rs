//! What the mediator keeps of its own.

use deadpool_postgres::{Client, Transaction};
use signet_protocol::mediator::{Facts, Outcome};

use super::failure::Failure;

/// Bytes of what is kept under one name.
const MOST: usize = 64 * 1024;

/// The first who keeps something under a name decides what it is.
pub(super) async fn keep(
    tx: &Transaction<'_>,
    name: &str,
    value: &[u8],
) -> Result<Outcome, Failure> {
    if value.len() > MOST {
        return Ok(Outcome::Full);
    }
    let statement = tx
        .prepare_cached("insert into kept values ($1, $2) on conflict do nothing")
        .await?;
    Ok(match tx.execute(&statement, &[&name, &value]).await? {
        0 => Outcome::Unchanged,
        _ => Outcome::Done,
    })
}

pub(super) async fn kept(client: &Client, name: &str) -> Result<Facts, Failure> {
    let statement = client
        .prepare_cached("select value from kept where name = $1")
        .await?;
    let row = client.query_opt(&statement, &[&name]).await?;
    Ok(Facts::Kept(row.map(|row| row.try_get(0)).transpose()?))
}
