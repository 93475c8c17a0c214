//! What the bare disk and the bare database need for the same bytes.

use std::{fs::File, io::Write, path::Path, time::Instant};

use anyhow::Result;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

/// The seconds of so many durable appends of so many bytes.
pub(super) fn on_disk(path: &Path, bytes: usize, often: usize) -> Result<f64> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let entry = vec![1; bytes];
    let start = Instant::now();
    for _ in 0..often {
        file.write_all(&entry)?;
        file.sync_data()?;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// The seconds of so many inserts of so many bytes by this many connections.
pub(super) fn in_postgres(
    url: &str,
    connections: usize,
    bytes: usize,
    often: usize,
) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut clients = Vec::new();
        for _ in 0..connections {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            clients.push(client);
        }
        let table = "create table if not exists mail (id bigserial primary key, envelope bytea)";
        if let Some(client) = clients.first() {
            client.batch_execute(table).await?;
        }
        let start = Instant::now();
        let mut tasks = JoinSet::new();
        for client in clients {
            let entry = vec![1_u8; bytes];
            tasks.spawn(async move {
                let insert = "insert into mail (envelope) values ($1)";
                let insert = client.prepare(insert).await?;
                for _ in 0..often / connections {
                    client.execute(&insert, &[&entry]).await?;
                }
                Ok::<(), tokio_postgres::Error>(())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(start.elapsed().as_secs_f64())
    })
}
