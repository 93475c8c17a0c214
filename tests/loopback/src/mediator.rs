//! A mediator in a process of its own, at a port that stays its own.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::{Host, Lab, program};

/// `signet-mediator`; the process ends with this value.
pub struct Mediator {
    folder: PathBuf,
    /// Where its mail is, as an option and its value.
    mail: [String; 2],
    port: u16,
    /// Where it listens, if not on loopback.
    listen: Option<String>,
    options: Vec<String>,
    /// What it is started behind.
    door: Vec<String>,
    child: Option<Child>,
    /// Its DID, once it was started.
    pub did: String,
    /// Its invitation, once it was started.
    pub link: String,
}

impl Mediator {
    /// One that keeps its mail in a folder below `folder`. Nothing runs yet.
    ///
    /// # Errors
    /// There is no port.
    pub fn new(folder: &Path, name: &str) -> Result<Self> {
        // The system gives the same port to nobody else for a while.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let folder = folder.join(name);
        let data = folder.join("data").display().to_string();
        Ok(Self {
            folder,
            mail: ["--data".to_owned(), data],
            port,
            listen: None,
            options: Vec::new(),
            door: Vec::new(),
            child: None,
            did: String::new(),
            link: String::new(),
        })
    }

    /// With its mail in a PostgreSQL database.
    #[must_use]
    pub fn on_database(mut self, url: &str) -> Self {
        self.mail = ["--database".to_owned(), url.to_owned()];
        self
    }

    /// With further options from the next start on.
    #[must_use]
    pub fn with(mut self, options: &[&str]) -> Self {
        self.options = options.iter().map(|&option| option.to_owned()).collect();
        self
    }

    /// In a network of its own, from the next start on.
    #[must_use]
    pub fn inside(mut self, lab: &Lab) -> Self {
        self.door = lab.door();
        self
    }

    /// On a server of an internet, where others find it by this name, from the next start on. It is a
    /// relay too.
    #[must_use]
    pub fn on(mut self, host: &Host, name: &str) -> Self {
        self.door = host.door();
        self.listen = Some(format!("[::]:{}", self.port));
        let url = format!("http://{name}:{}/", self.port);
        self.options = vec!["--public-url".into(), url];
        let v4 = host.v4().map(|ip| format!("/ip4/{ip}"));
        let v6 = host.v6().map(|ip| format!("/ip6/{ip}"));
        for ip in v4.iter().chain(&v6) {
            for wire in ["udp/4001/quic-v1", "tcp/4001"] {
                let address = format!("{ip}/{wire}");
                self.options.extend(["--libp2p".to_owned(), address]);
            }
        }
        self
    }

    /// Starts it, and waits until it serves.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&mut self) -> Result<()> {
        self.kill();
        std::fs::create_dir_all(&self.folder)?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))?;
        let mut child = program::behind(&self.door, program::mediator()?)
            .args(&self.mail)
            .args([
                "--listen",
                &match &self.listen {
                    Some(listen) => listen.clone(),
                    None => format!("127.0.0.1:{}", self.port),
                },
            ])
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("signet-mediator cannot be started")?;
        let stdout = child.stdout.take().context("no pipe")?;
        self.child = Some(child);
        let mut lines = BufReader::new(stdout).lines();
        let mut line = || lines.next().transpose();
        self.did = line()?.context("it says no DID")?;
        self.link = line()?.context("it says no link")?;
        ensure!(self.did.starts_with("did:"), "{} is no DID", self.did);
        Ok(())
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // One that already ended is what we want.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// One of its counts.
    ///
    /// # Errors
    /// It does not tell.
    pub fn count(&self, name: &str) -> Result<u64> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: m\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let name = format!("signet_mediator_{name} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        Ok(line.context("it does not count this")?.parse()?)
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, as it is known by.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

impl Drop for Mediator {
    fn drop(&mut self) {
        self.kill();
    }
}
