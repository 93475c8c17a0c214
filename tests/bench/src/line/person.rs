//! One `signet run` with a profile of its own, spoken to through the profile's socket, and what its
//! journal says of its commits.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::machine;

const PATIENCE: Duration = Duration::from_secs(60);
/// Where the first record of a journal begins.
const JOURNAL_HEADER: u64 = 256;

/// Somebody; the process ends with this value.
pub(super) struct Person {
    folder: PathBuf,
    child: Child,
    socket: UnixStream,
    calls: u64,
    answers: Receiver<Value>,
    delivered: Receiver<(String, Instant)>,
}

/// Records of a journal: the commits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commits {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

impl Person {
    pub(super) fn start(folder: &Path, name: &str) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let command = |arguments: &[&str]| -> Result<Command> {
            let mut command = Command::new(machine::beside("signet", "SIGNET_BIN")?);
            command
                .env_remove("SIGNET_PASSPHRASE")
                .env_remove("RUST_LOG")
                .env("SIGNET_PROFILE", folder.join("profile"))
                .env("HOME", folder)
                .args(arguments);
            Ok(command)
        };
        let made = command(&["init", "--name", name, "--no-passphrase"])?.output()?;
        ensure!(
            made.status.success(),
            "no profile: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut child = command(&["run", "--listen", "/ip4/127.0.0.1/tcp/0"])?
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("signet cannot be started")?;
        let socket = connect(&folder.join("profile"), &mut child)?;
        let (to_answers, answers) = mpsc::channel();
        let (to_delivered, delivered) = mpsc::channel();
        let said = socket.try_clone()?;
        thread::spawn(move || listen(said, &to_answers, &to_delivered));
        let mut person = Self {
            folder: folder.to_owned(),
            child,
            socket,
            calls: 0,
            answers,
            delivered,
        };
        person.call("whoami", &json!({}))?;
        Ok(person)
    }

    /// Calls and waits for the answer; the answers to earlier requests are passed over.
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let call = self.ask(method, params)?;
        loop {
            let mut answer = self.answers.recv_timeout(PATIENCE)?;
            if answer["id"] == call {
                let result = answer.get_mut("result").map(Value::take);
                return result.with_context(|| format!("{method}: {answer}"));
            }
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> Result<u64> {
        self.calls += 1;
        let call = self.calls;
        let request = json!({"jsonrpc": "2.0", "id": call, "method": method, "params": params});
        self.socket.write_all(format!("{request}\n").as_bytes())?;
        Ok(call)
    }

    /// Asks to send, without waiting for the answer; the message's id.
    pub(super) fn send(&mut self, contact: &str, text: &str) -> Result<String> {
        let id = format!("00000000-0000-4000-8000-{:012x}", self.calls + 1);
        self.ask("send", &json!({"contact": contact, "text": text, "id": id}))?;
        Ok(id)
    }

    /// The next message that is delivered, and when that was told.
    pub(super) fn delivered(&mut self, patience: Duration) -> Result<(String, Instant)> {
        match self.delivered.recv_timeout(patience) {
            Ok(delivered) => Ok(delivered),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let answer = self
                    .answers
                    .try_iter()
                    .find(|answer| answer.get("error").is_some());
                bail!("a message is not delivered; {answer:?}")
            }
        }
    }

    /// The commits so far. Each record of the journal begins with the length of its sealed part.
    pub(super) fn commits(&self) -> Result<Commits> {
        let mut journal = File::open(self.folder.join("profile/journal"))?;
        let end = journal.metadata()?.len();
        let mut place = JOURNAL_HEADER;
        let mut count = 0;
        while place + 8 <= end {
            let mut length = [0; 4];
            journal.seek(SeekFrom::Start(place))?;
            journal.read_exact(&mut length)?;
            if length == [0; 4] {
                break;
            }
            place += u64::from(u32::from_le_bytes(length)) + 8;
            count += 1;
        }
        ensure!(place <= end, "the journal is not understood");
        Ok(Commits {
            count,
            bytes: place,
        })
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // One that already ended is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Commits {
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            count: self.count - before.count,
            bytes: self.bytes - before.bytes,
        }
    }

    /// Of one message, if these were of so many.
    pub(super) fn of_one(&self, messages: u32) -> Self {
        let messages = u64::from(messages.max(1));
        let count = (self.count + messages / 2) / messages;
        Self {
            count,
            bytes: count * self.bytes / self.count.max(1),
        }
    }

    pub(super) fn times(&self, messages: u32) -> Self {
        Self {
            count: self.count * u64::from(messages),
            bytes: self.bytes * u64::from(messages),
        }
    }

    pub(super) fn average(&self) -> usize {
        usize::try_from(self.bytes / self.count.max(1)).unwrap_or(usize::MAX)
    }
}

/// Connects once the socket is there; its folder goes by a number, because the path may be too long
/// for a socket.
fn connect(profile: &Path, child: &mut Child) -> Result<UnixStream> {
    let end = Instant::now() + PATIENCE;
    loop {
        let folder = File::open(profile)?;
        let path = format!("/proc/self/fd/{}/rpc.sock", folder.as_raw_fd());
        if let Ok(socket) = UnixStream::connect(path) {
            return Ok(socket);
        }
        ensure!(child.try_wait()?.is_none(), "signet ended by itself");
        ensure!(Instant::now() < end, "signet takes no commands");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Lets Bob take an invitation of Alice; yields Bob's id at Alice.
pub(super) fn acquaint(alice: &mut Person, bob: &mut Person) -> Result<String> {
    let invitation = alice.call("invite", &json!({}))?;
    bob.call("accept", &json!({"invitation": invitation["url"]}))?;
    let end = Instant::now() + PATIENCE;
    loop {
        let contacts = alice.call("contacts", &json!({}))?;
        let contact = contacts
            .get(0)
            .filter(|contact| contact["state"] == "connected");
        if let Some(id) = contact.and_then(|contact| contact["contact"].as_str()) {
            return Ok(id.to_owned());
        }
        ensure!(
            Instant::now() < end,
            "they do not get acquainted: {contacts}"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

fn listen(stdout: UnixStream, answers: &Sender<Value>, delivered: &Sender<(String, Instant)>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let now = Instant::now();
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        if said["method"] == "event" {
            let event = &said["params"];
            if event["kind"] == "message.state"
                && event["state"] == "delivered"
                && let Some(id) = event["id"].as_str()
            {
                let _ = delivered.send((id.to_owned(), now));
            }
        } else {
            let _ = answers.send(said);
        }
    }
}
