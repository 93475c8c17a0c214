//! Connections to the database.

use std::{future::Future, str::FromStr, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use signet_protocol::mediator::MailboxError;
use tokio::time::timeout;
use tokio_postgres::{Config, NoTls};

use super::failure::Failure;

/// Connections of one node, besides the one that listens. More hardly commit faster, and a server
/// takes 100 unless told otherwise.
const CONNECTIONS: usize = 16;
/// How long a caller waits for one.
const WAIT: Duration = Duration::from_secs(5);
/// How long what was sent may stay unacknowledged by the other end.
const SILENCE: Duration = Duration::from_secs(20);
/// How long any call may take in all, whatever becomes of the server; above that of a statement.
const CALL: Duration = Duration::from_secs(30);
/// How often changes are tried that others got in the way of.
const TRIES: u32 = 6;

/// What each session is told.
/// - What is promised is on disk.
/// - Every statement goes by its indexes, from a few rows to a few rows, and is planned once. Left
///   alone, the database plans for the tables as they were when a connection first asked, which at
///   the start is empty, and keeps that plan for as long as the connection lives; or it joins a
///   handful of ids with all mail there is. What the refused ways are taken to cost would have each
///   plan compiled.
/// - A statement never waits for long, not even for a lock.
const SESSION: &str = "-c synchronous_commit=on -c default_transaction_isolation=read\\ committed \
    -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off \
    -c plan_cache_mode=force_generic_plan -c jit=off \
    -c statement_timeout=20s -c idle_in_transaction_session_timeout=20s";

/// Reads `postgresql://…` or `host=… user=…`.
pub(super) fn config(url: &str) -> Result<Config, MailboxError> {
    // What failed to be read may hold a password, and the error quotes none of it.
    let mut config = Config::from_str(url)
        .map_err(|error| MailboxError::Broken(format!("the database's address: {error}")))?;
    let options = match config.get_options() {
        Some(asked) => format!("{asked} {SESSION}"),
        None => SESSION.to_owned(),
    };
    config
        .options(options)
        .connect_timeout(WAIT)
        .tcp_user_timeout(SILENCE);
    if config.get_application_name().is_none() {
        config.application_name("signet-mediator");
    }
    Ok(config)
}

/// Connections that are made when they are needed.
pub(super) fn pool(config: Config) -> Result<Pool, MailboxError> {
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .build()
        .map_err(|error| MailboxError::Broken(error.to_string()))
}

/// Gives up on a server that takes a call and never answers.
pub(super) async fn bounded<T>(
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match timeout(CALL, call).await {
        Ok(result) => result,
        Err(_) => Err(Failure::Mailbox(MailboxError::Away(
            "the database does not answer".into(),
        ))),
    }
}

/// Makes a change, again if others got in its way.
pub(super) async fn insisting<T, F>(mut change: impl FnMut() -> F) -> Result<T, MailboxError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut tried = 1;
    loop {
        match bounded(change()).await {
            Err(Failure::Conflict(_)) if tried < TRIES => {
                // Two that got in each other's way should not meet again.
                let wait = rand::random_range(0..10_u64 << tried);
                tokio::time::sleep(Duration::from_millis(wait)).await;
                tried += 1;
            }
            done => return done.map_err(Failure::last),
        }
    }
}
