//! The profile's socket: where other processes hand their commands over to the one that holds it.
//!
//! It lies in the profile's folder, which only its owner may enter, and is readable by nobody
//! else. Whoever opens the profile listens; the profile's lock makes sure that there is one, so a
//! socket found at that moment was left behind by a process that was killed.

use std::{
    fs, io,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream, unix},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::{
    RpcError,
    lines::{Line, Lines},
    serve::{ENDED, serve_until, until},
};
use crate::{Node, view::ViewError};

/// Its name in the profile.
const NAME: &str = "rpc.sock";
/// Others that may be connected at once; further ones wait.
const AT_ONCE: usize = 32;
/// How long to leave the system alone when it gives us no more connections.
const PAUSE: Duration = Duration::from_secs(1);
/// How long one that is connected may take to be answered when we stop.
const PARTING: Duration = Duration::from_secs(5);
/// The longest answer taken: a page of the longest texts.
const LONGEST_ANSWER: usize = 1 << 29;
/// The longest path that every system takes for a socket.
const LONGEST_PATH: usize = 100;

/// An open socket. Close it before the node stops; dropped, it ends at once.
#[derive(Debug)]
pub struct Listening {
    task: JoinHandle<()>,
    closing: watch::Sender<bool>,
    path: PathBuf,
}

/// Takes commands for `node`, which holds `profile`.
///
/// # Errors
/// The socket cannot be made.
pub fn listen(node: &Node, profile: &Path) -> Result<Listening, ViewError> {
    let path = profile.join(NAME);
    let listener = bind(profile).map_err(|error| {
        ViewError::new(format!(
            "the socket {} cannot be made: {error}",
            path.display()
        ))
    })?;
    let (closing, closed) = watch::channel(false);
    let task = tokio::spawn(take(node.clone(), listener, closed));
    Ok(Listening {
        task,
        closing,
        path,
    })
}

fn bind(profile: &Path) -> io::Result<UnixListener> {
    let path = profile.join(NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = at(profile, |address| UnixListener::bind(address))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Hands over an address of the socket that is short enough. A deep folder is named by its number
/// among our open files, where the system can do that.
fn at<T>(profile: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = profile.join(NAME);
    if path.as_os_str().len() <= LONGEST_PATH {
        return act(&path);
    }
    let folder = fs::File::open(profile)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
    if !short.exists() {
        let sentence = "the profile's path is too long for a socket; choose a shorter folder";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
    }
    act(&short.join(NAME))
}

async fn take(node: Node, listener: UnixListener, mut closed: watch::Receiver<bool>) {
    let mut connected = JoinSet::new();
    let told = closed.clone();
    loop {
        tokio::select! {
            stream = listener.accept(), if connected.len() < AT_ONCE => match stream {
                Ok((stream, _)) => {
                    connected.spawn(answer(node.clone(), stream, told.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "the profile's socket takes nobody");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connected.join_next() => {}
            () = until(&mut closed) => break,
        }
    }
    for stream in waiting(listener) {
        connected.spawn(answer(node.clone(), stream, told.clone()));
    }
    let rest = async { while connected.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(PARTING, rest).await;
}

async fn answer(node: Node, stream: UnixStream, closed: watch::Receiver<bool>) {
    let (read, write) = stream.into_split();
    if let Err(error) = serve_until(&node, BufReader::new(read), write, closed).await {
        tracing::debug!(%error, "a process that handed over went away");
    }
}

/// Those who connected and were not let in yet. Nobody comes after them, so each of them can be
/// told that we end, and tries elsewhere.
fn waiting(listener: UnixListener) -> Vec<UnixStream> {
    let shut = rustix::net::shutdown(&listener, rustix::net::Shutdown::Both);
    let found = shut.map_err(io::Error::from).and_then(|()| {
        let listener = listener.into_std()?;
        let next = || listener.accept().ok();
        std::iter::from_fn(next)
            .map(|(stream, _)| {
                stream.set_nonblocking(true)?;
                UnixStream::from_std(stream)
            })
            .collect()
    });
    found.unwrap_or_else(|error| {
        tracing::debug!(%error, "who waits at the profile's socket cannot be told");
        Vec::new()
    })
}

impl Listening {
    /// Takes no further command, answers those that were begun, tells the others that it ends,
    /// and removes the socket.
    pub async fn close(mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.closing.send(true);
        let _ = (&mut self.task).await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether a node did not start because another process holds the profile; then [`connect`] finds it.
#[must_use]
pub fn is_taken(error: &ViewError) -> bool {
    error.sentence == ViewError::new(signet_store::OpenError::Taken).sentence
}

/// A connection to the process that holds the profile.
pub struct Connection {
    lines: Lines<BufReader<unix::OwnedReadHalf>>,
    write: unix::OwnedWriteHalf,
    calls: u64,
}

/// Connects to the process that holds `profile`; `None` if there is none that listens.
///
/// # Errors
/// The socket is there and cannot be used.
pub async fn connect(profile: &Path) -> io::Result<Option<Connection>> {
    let found = at(profile, |address| {
        std::os::unix::net::UnixStream::connect(address)
    });
    let stream = match found {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_nonblocking(true)?;
    let (read, write) = UnixStream::from_std(stream)?.into_split();
    Ok(Some(Connection {
        lines: Lines::new(BufReader::new(read), LONGEST_ANSWER),
        write,
        calls: 0,
    }))
}

impl Connection {
    /// Hands one call over and waits for its answer. `None` if the other process ended before it
    /// began with the call; then it can be made again, elsewhere.
    ///
    /// # Errors
    /// What the other process says; or that it went away, and then nobody knows whether it was done.
    pub async fn call(&mut self, method: &str, params: &Value) -> Result<Option<Value>, RpcError> {
        self.calls += 1;
        let id = self.calls;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let line = format!("{request}\n");
        // Whoever ends does not read this any more, and has said so before: that is read below.
        let unwritten = self.write.write_all(line.as_bytes()).await.err();
        loop {
            let said = self.next().await.map_err(gone)?;
            let Some(mut said) = said else {
                let error = unwritten.unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into());
                return Err(gone(error));
            };
            if said["method"] == "event" && said["params"]["kind"] == ENDED {
                return Ok(None);
            }
            if said.get("id") != Some(&json!(id)) {
                continue;
            }
            return match said.get_mut("error").map(Value::take) {
                Some(error) => Err(serde_json::from_value(error).unwrap_or_else(gone)),
                None => Ok(Some(
                    said.get_mut("result").map(Value::take).unwrap_or_default(),
                )),
            };
        }
    }

    /// The next event; `None` when the other process goes.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn event(&mut self) -> io::Result<Option<Value>> {
        while let Some(mut said) = self.next().await? {
            if said.get("method").is_some_and(|method| method == "event") {
                return Ok(said.get_mut("params").map(Value::take));
            }
        }
        Ok(None)
    }

    /// Passes everything through, in both directions, until either side ends.
    ///
    /// # Errors
    /// Those of the streams.
    pub async fn pass(
        self,
        mut input: impl AsyncRead + Unpin,
        mut output: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let Self {
            lines, mut write, ..
        } = self;
        let mut read = lines.into_input();
        let there = async {
            tokio::io::copy(&mut input, &mut write).await?;
            write.shutdown().await
        };
        let back = async { tokio::io::copy(&mut read, &mut output).await.map(|_| ()) };
        tokio::pin!(there, back);
        tokio::select! {
            told = &mut back => told,
            told = &mut there => {
                told?;
                back.await
            }
        }
    }

    async fn next(&mut self) -> io::Result<Option<Value>> {
        // Our own process wrote it, so a line that cannot be read is no line of ours.
        let invalid = || io::Error::from(io::ErrorKind::InvalidData);
        match self.lines.next().await? {
            None => Ok(None),
            Some(Line::TooLong) => Err(invalid()),
            Some(Line::Whole(line)) => serde_json::from_slice(&line)
                .map(Some)
                .map_err(|_| invalid()),
        }
    }
}

fn gone(error: impl std::fmt::Display) -> RpcError {
    tracing::debug!(%error, "the process that holds the profile does not answer");
    RpcError::refused("The Signet that holds this profile went away before it answered.")
}
