//! A database for one PostgreSQL mailbox.

use signet_mediator::Postgres;
use signet_postgres::Server;
use signet_protocol::mediator::Quota;
use tokio::sync::mpsc::unbounded_channel;
use tokio_postgres::{Client, NoTls};

use crate::stage::Stage;

/// A database on the server.
pub struct Database {
    url: String,
}

impl Database {
    pub fn new(url: String) -> Self {
        Self { url }
    }
}

impl Stage for Database {
    type Mailbox = Postgres;

    async fn open(&self, quota: Quota) -> Postgres {
        let (woken, _) = unbounded_channel();
        Postgres::open(&self.url, quota, woken).await.unwrap()
    }
}

/// A connection beside the mailbox's own.
pub async fn connect(server: &Server, database: &str) -> Client {
    let connected = tokio_postgres::connect(&server.url(database), NoTls).await;
    let (client, connection) = connected.unwrap();
    tokio::spawn(connection);
    client
}
