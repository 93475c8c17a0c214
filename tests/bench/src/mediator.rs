//! The mediator on one machine: what it stores in a second, how long mail takes that is waited for,
//! what an idle connection holds, and what a million waiting messages cost.
//!
//! Ours: `signet-mediator` with its mail on disk, or in PostgreSQL; 32 connections post forwards of 1 KiB
//! one after the other, each answered when it is durable. The floor on disk: as many appends of as many
//! bytes to a file, each made durable by itself, by one thread and nothing else. The floor in
//! PostgreSQL: as many bare inserts of as many bytes by 32 connections, each its own transaction. Where a
//! row has no floor, its aim stands there.

mod client;
mod floor;
mod latency;
mod post;
mod server;
mod waiting;

use std::{cell::Cell, path::Path};

use anyhow::Result;
use signet_postgres as postgres;

use crate::{
    Size, machine,
    row::{Aim, Row, Unit, percentile},
};
use client::{Account, Client};
use post::{LETTER, Posts, SENDERS};
use server::Server;

/// Bytes that an idle connection should not exceed.
const IDLE: f64 = 20.0 * 1024.0;

/// A way to keep mail.
struct Keeping<'a> {
    /// What the rows call it.
    name: &'a str,
    /// A mediator without mail.
    open: &'a dyn Fn() -> Result<Server>,
    /// Ends what keeps the mail as a power cut would, and starts it again; nothing where the mediator
    /// keeps it itself.
    crash: &'a dyn Fn() -> Result<()>,
    /// The seconds of so many bare writes.
    floor: &'a dyn Fn(usize) -> Result<f64>,
}

/// All rows.
///
/// # Errors
/// There is no `signet-mediator` beside this program, or it does not serve.
pub fn measure(size: Size) -> Result<Vec<Row>> {
    let folder = tempfile::Builder::new()
        .prefix("mediator-")
        .tempdir_in(machine::disk()?)?;
    let opened = Cell::new(0);
    let on_disk = || {
        opened.set(opened.get() + 1);
        Server::on_disk(&folder.path().join(format!("mail{}", opened.get())))
    };
    let mut rows = kept(
        &Keeping {
            name: "on disk",
            open: &on_disk,
            crash: &|| Ok(()),
            floor: &|often| floor::on_disk(&folder.path().join("floor"), LETTER, often),
        },
        size,
    )?;
    rows.extend(in_postgres(size)?);
    rows.push(idle(&on_disk()?, size)?);
    Ok(rows)
}

/// The same in PostgreSQL, if there is one.
fn in_postgres(size: Size) -> Result<Vec<Row>> {
    let database = match postgres::Server::start(Path::new("/tmp")) {
        Ok(database) => database,
        Err(why) => {
            eprintln!("no rows of PostgreSQL, because there is {why:#}");
            return Ok(Vec::new());
        }
    };
    let bare = database.url(&database.database()?);
    let keeping = Keeping {
        name: "in PostgreSQL",
        open: &|| Server::on_database(&database.url(&database.database()?)),
        crash: &|| {
            database.stop();
            database.resume()
        },
        floor: &|often| floor::in_postgres(&bare, SENDERS, LETTER, often),
    };
    kept(&keeping, size)
}

/// The rows of one way to keep mail.
fn kept(keeping: &Keeping<'_>, size: Size) -> Result<Vec<Row>> {
    let server = (keeping.open)()?;
    let stored = stored(keeping, &server, size)?;
    let rate = percentile(&stored.ours, 50);
    let mut rows = vec![stored];
    rows.extend(latency::measure(keeping.name, &server, rate / 2.0, size)?);
    drop(server);
    rows.extend(waiting::measure(keeping, size)?);
    Ok(rows)
}

/// Forwards stored per second.
fn stored(keeping: &Keeping<'_>, server: &Server, size: Size) -> Result<Row> {
    let name = format!("forwards stored {}", keeping.name);
    let mut row = Row::new(name, Unit::PerSecond, Aim::Speed(0.5));
    let often = size.of(4000, 64);
    let posts = Posts::new(server, 1)?;
    for _ in 0..size.of(5, 1) {
        let ours = posts.send(often / SENDERS)?;
        let floor = (keeping.floor)(often)?;
        row.add(often as f64 / ours, often as f64 / floor);
    }
    Ok(row)
}

/// What a WebSocket holds of an account of its own that wants its mail live.
fn idle(server: &Server, size: Size) -> Result<Row> {
    let count = size.of(10_000, 16);
    let mut client = Client::connect(server.at)?;
    let before = server.resident();
    let mut sockets = Vec::new();
    for number in 0..count {
        let account = Account::new(1_000 + number as u64, &server.mediator);
        account.settle(&mut client, &[])?;
        sockets.push(account.socket(server.at)?);
    }
    // Few of them may fit into what it held before.
    let held = (server.resident() - before).max(0.0);
    let name = format!("an idle WebSocket, of {count}");
    let mut row = Row::new(name, Unit::Bytes, Aim::Within(1.0));
    row.add(held / count as f64, IDLE);
    Ok(row)
}
