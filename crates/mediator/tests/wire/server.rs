//! The program, started for a test, and a client of HTTP that says exactly what it is told to.

use std::{
    env,
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use signet_didcomm::{Did, Document, document};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpSocket, TcpStream},
    process::{Child, Command},
    time::timeout,
};

use super::agent::{Agent, MEDIATION_3, PICKUP_3, forward, request};

/// Longer than anything that is waited for.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Where else a connection on this machine can come from.
pub const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

const ENCRYPTED: &str = "application/didcomm-encrypted+json";

/// A running mediator.
pub struct Server {
    pub child: Child,
    pub at: SocketAddr,
    pub mediator: Document,
    pub link: String,
    pub dir: TempDir,
    flags: Vec<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: Vec<u8>,
}

impl Server {
    pub async fn start(flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = free.local_addr().unwrap();
        drop(free);
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self::start_in(dir, at, flags).await
    }

    async fn start_in(dir: TempDir, at: SocketAddr, flags: Vec<String>) -> Self {
        let starting = async {
            loop {
                let is_shared = flags.iter().any(|flag| flag == "--database");
                let mut command = match is_shared {
                    true => program(at),
                    false => command(dir.path(), at),
                };
                command.stderr(File::create(dir.path().join("stderr")).unwrap());
                let mut child = command.args(&flags).spawn().unwrap();
                let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
                // It says who it is once it listens; somebody else may have the port for a moment.
                if let Some(did) = lines.next_line().await.unwrap() {
                    return (child, lines, Did::parse(&did).unwrap());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let (child, mut lines, did) = timeout(PATIENCE, starting).await.unwrap();
        let link = lines.next_line().await.unwrap().unwrap();
        Self {
            child,
            at,
            mediator: document::resolve(&did).unwrap(),
            link,
            dir,
            flags,
        }
    }

    /// Kills it, without a word, and starts it again.
    pub async fn kill_and_start(mut self) -> Self {
        self.child.kill().await.unwrap();
        Self::start_in(self.dir, self.at, self.flags).await
    }

    /// Asks it to end, as the system does.
    pub fn terminate(&self) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    pub async fn ended(&mut self) -> ExitStatus {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.unwrap().unwrap()
    }

    /// What it complained of: its log is off, so these are panics.
    pub fn said(&self) -> String {
        fs::read_to_string(self.dir.path().join("stderr")).unwrap()
    }

    pub fn did(&self) -> &Did {
        &self.mediator.id
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.say(&format!("GET {path} HTTP/1.1\r\n"), b"").await
    }

    pub async fn post(&self, envelope: &[u8]) -> Reply {
        self.post_as(ENCRYPTED, envelope).await
    }

    pub async fn post_as(&self, kind: &str, body: &[u8]) -> Reply {
        self.say(&post(kind, body.len()), body).await
    }

    /// What comes back to a request by hand, its first lines given.
    pub async fn say(&self, head: &str, body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        say(&mut stream, head, body).await.unwrap()
    }

    /// A connection from another address of this machine.
    pub async fn connect_from(&self, from: IpAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        socket.connect(self.at).await.unwrap()
    }

    pub async fn forward(&self, next: &str, letter: &[u8]) -> Reply {
        self.post(&forward(&self.mediator, next, letter)).await
    }

    /// What comes back to the agent in the response.
    pub async fn ask(&self, agent: &Agent, protocol: &str, name: &str, body: Value) -> Value {
        let asked = agent.seal(&self.mediator, request(protocol, name, body));
        let reply = self.post(&asked).await;
        assert_eq!(reply.status, 200);
        assert!(
            reply
                .head
                .contains(&format!("content-type: {ENCRYPTED}\r\n"))
        );
        agent.open_of(&self.mediator, &reply.body)
    }

    /// An account that registered this DID.
    pub async fn account(&self, recipient: &str) -> Agent {
        let agent = Agent::peer2();
        let granted = self
            .ask(&agent, MEDIATION_3, "mediate-request", json!({}))
            .await;
        assert_eq!(granted["type"], format!("{MEDIATION_3}/mediate-grant"));
        let update = json!({"updates": [{"recipient_did": recipient, "action": "add"}]});
        let updated = self
            .ask(&agent, MEDIATION_3, "recipient-update", update)
            .await;
        assert_eq!(updated["body"]["updated"][0]["result"], "success");
        agent
    }

    pub async fn deliver(&self, agent: &Agent) -> Value {
        let body = json!({"limit": 100});
        self.ask(agent, PICKUP_3, "delivery-request", body).await
    }

    pub async fn received(&self, agent: &Agent, ids: &[String]) -> Value {
        let body = json!({"message_id_list": ids});
        self.ask(agent, PICKUP_3, "messages-received", body).await
    }

    /// What the metrics say under this name.
    pub async fn metric(&self, name: &str) -> u64 {
        let text = String::from_utf8(self.get("/metrics").await.body).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let mut named = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        named.next().unwrap().parse().unwrap()
    }
}

/// The program with its folder and address; it ends with the value.
pub fn command(dir: &Path, at: SocketAddr) -> Command {
    let mut command = program(at);
    command.arg("--data").arg(dir.join("mailbox"));
    command
}

fn program(at: SocketAddr) -> Command {
    let beside = env!("CARGO_BIN_EXE_signet-mediator").into();
    let mut command = Command::new(env::var_os("SIGNET_MEDIATOR_BIN").unwrap_or(beside));
    command
        .args(["--listen", &at.to_string()])
        .env("RUST_LOG", "off")
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

pub fn post(kind: &str, length: usize) -> String {
    format!("POST / HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n")
}

/// The first lines of a POST of an envelope of so many bytes, and the end of them.
pub fn begun(length: usize) -> String {
    format!("{}Host: m\r\n\r\n", post(ENCRYPTED, length))
}

/// Says a request as the last one of a connection; `None` if it is closed without an answer.
pub async fn say(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    head: &str,
    body: &[u8],
) -> Option<Reply> {
    let head = format!("{head}Host: m\r\nConnection: close\r\n\r\n");
    // Who is refused early hears of it, and is not listened to any more.
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
    reply(stream).await
}

/// All that comes until the connection is closed.
pub async fn reply(stream: &mut (impl AsyncRead + Unpin)) -> Option<Reply> {
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    let _ = timeout(PATIENCE, reading).await.unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let body = bytes.split_off(end);
    let head = String::from_utf8(bytes).unwrap().to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().unwrap();
    Some(Reply { status, head, body })
}

/// Asks again until it is so.
pub async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap();
}
