//! The mediator on one machine: what it stores in a second, and what an idle connection holds.
//!
//! Ours: `signet-mediator` with its mail on disk; 32 connections post forwards of 1 KiB one after the
//! other, each answered when it is durable. The floor: as many appends of as many bytes to a file,
//! each made durable by itself, by one thread and nothing else. An idle connection is a WebSocket of
//! an account of its own that wants its mail live; beside it stands the aim, 20 KiB.

mod client;

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use signet_didcomm::{Did, Document, document};

use crate::{
    Size, machine,
    row::{Aim, Row, Unit},
};
use client::{Account, Client};

/// Connections that post at the same time.
const SENDERS: usize = 32;
/// Bytes of what is sent, before it is packed.
const LETTER: usize = 1024;
/// Bytes that an idle connection should not exceed.
const AIM: f64 = 20.0 * 1024.0;

/// Two rows.
///
/// # Errors
/// There is no `signet-mediator` beside this program, or it does not serve.
pub fn measure(size: Size) -> Result<Vec<Row>> {
    let folder = tempfile::Builder::new()
        .prefix("mediator-")
        .tempdir_in(machine::disk()?)?;
    let server = Server::start(&folder.path().join("mail"))?;
    let mut stored = Row::new("forwards stored", Unit::PerSecond, Aim::Speed(0.5));
    let often = size.of(4000, 64);
    let account = Account::new(1, &server.mediator);
    let homes: Vec<String> = (0..SENDERS).map(|n| format!("did:example:{n}")).collect();
    let mut client = Client::connect(server.at)?;
    account.settle(&mut client, &homes)?;
    let letters: Vec<Vec<Vec<u8>>> = homes
        .iter()
        .map(|home| account.letters(home, LETTER, often / SENDERS))
        .collect::<Result<_>>()?;
    for _ in 0..size.of(5, 1) {
        let ours = post(server.at, &letters)?;
        let floor = durable(&folder.path().join("floor"), LETTER, often)?;
        stored.add(often as f64 / ours, often as f64 / floor);
    }

    let count = size.of(10_000, 16);
    let before = machine::resident(server.child.id());
    let mut sockets = Vec::new();
    for number in 0..count {
        let account = Account::new(2 + number as u64, &server.mediator);
        account.settle(&mut client, &[])?;
        sockets.push(account.socket(server.at)?);
    }
    // Few of them may fit into what it held before.
    let held = (machine::resident(server.child.id()) - before).max(0.0);
    let each = held / count as f64;
    let name = format!("an idle WebSocket, of {count}");
    let mut idle = Row::new(name, Unit::Bytes, Aim::Within(1.0));
    idle.add(each, AIM);
    drop(sockets);
    Ok(vec![stored, idle])
}

/// The seconds that the letters take, each sender's one after the other.
fn post(at: SocketAddr, letters: &[Vec<Vec<u8>>]) -> Result<f64> {
    let mut clients = Vec::new();
    for _ in letters {
        clients.push(Client::connect(at)?);
    }
    let start = Instant::now();
    thread::scope(|scope| {
        let senders: Vec<_> = clients
            .iter_mut()
            .zip(letters)
            .map(|(client, letters)| {
                scope.spawn(move || -> Result<()> {
                    for letter in letters {
                        let (status, _) = client.post(letter)?;
                        ensure!(status == 202, "a forward was answered with {status}");
                    }
                    Ok(())
                })
            })
            .collect();
        for sender in senders {
            match sender.join() {
                Ok(sent) => sent?,
                Err(_) => bail!("a sender broke"),
            }
        }
        Ok(start.elapsed().as_secs_f64())
    })
}

/// The seconds of so many durable appends of so many bytes.
fn durable(path: &Path, bytes: usize, often: usize) -> Result<f64> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let entry = vec![1; bytes];
    let start = Instant::now();
    for _ in 0..often {
        file.write_all(&entry)?;
        file.sync_data()?;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// A mediator that bounds nobody; the process ends with this value.
struct Server {
    child: Child,
    at: SocketAddr,
    mediator: Document,
}

impl Server {
    fn start(folder: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let bounds = [
            "--rate",
            "0",
            "--connections",
            "20000",
            "--connections-each",
            "20000",
        ];
        let mut child = Command::new(machine::beside("signet-mediator", "SIGNET_MEDIATOR_BIN")?)
            .args(["--listen", &at.to_string(), "--accounts", "100000"])
            .args(bounds)
            .arg("--data")
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().context("no pipe")?;
        let mut did = String::new();
        BufReader::new(stdout).read_line(&mut did)?;
        let mediator = document::resolve(&Did::parse(did.trim())?)?;
        Ok(Self {
            child,
            at,
            mediator,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that already ended is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
