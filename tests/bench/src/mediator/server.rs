//! A mediator that bounds nobody; the process ends with this value.

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use signet_didcomm::{Did, Document, document};

use crate::machine;

/// Room for more than a million messages.
const BOUNDS: [&str; 16] = [
    "--rate",
    "0",
    "--connections",
    "20000",
    "--connections-each",
    "20000",
    "--accounts",
    "100000",
    "--messages",
    "100000",
    "--mib-each",
    "16384",
    "--mib",
    "32768",
    "--name",
    "bench",
];

pub(super) struct Server {
    child: Child,
    pub(super) at: SocketAddr,
    pub(super) mediator: Document,
    mail: [String; 2],
}

impl Server {
    /// With its mail in a folder.
    pub(super) fn on_disk(folder: &Path) -> Result<Self> {
        Self::start(["--data".to_owned(), folder.display().to_string()])
    }

    /// With its mail in a database.
    pub(super) fn on_database(url: &str) -> Result<Self> {
        Self::start(["--database".to_owned(), url.to_owned()])
    }

    fn start(mail: [String; 2]) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (child, did) = spawn(&mail, at)?;
        let mediator = document::resolve(&Did::parse(&did)?)?;
        Ok(Self {
            child,
            at,
            mediator,
            mail,
        })
    }

    /// Ends it as a power cut would, and starts it again where it was, once what keeps its mail did
    /// the same. It serves when this returns.
    pub(super) fn restart(&mut self, crash: impl Fn() -> Result<()>) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        crash()?;
        self.child = spawn(&self.mail, self.at)?.0;
        Ok(())
    }

    /// Bytes that it holds in memory.
    pub(super) fn resident(&self) -> f64 {
        machine::resident(self.child.id())
    }
}

/// The process, once it serves, and its DID.
fn spawn(mail: &[String; 2], at: SocketAddr) -> Result<(Child, String)> {
    let mut child = Command::new(machine::beside("signet-mediator", "SIGNET_MEDIATOR_BIN")?)
        .args(["--listen", &at.to_string()])
        .args(BOUNDS)
        .args(mail)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = child.stdout.take().context("no pipe")?;
    let mut did = String::new();
    BufReader::new(stdout).read_line(&mut did)?;
    Ok((child, did.trim().to_owned()))
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that already ended is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
