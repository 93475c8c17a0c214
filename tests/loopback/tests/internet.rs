//! Each kind of router behaves as it is named.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

#[path = "internet/filtering.rs"]
mod filtering;
#[path = "internet/mapping.rs"]
mod mapping;
#[path = "internet/moving.rs"]
mod moving;
#[path = "internet/punching.rs"]
mod punching;

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    ops::Deref,
    os::fd::AsFd,
    path::Path,
    process,
    sync::{PoisonError, RwLock, RwLockReadGuard},
    thread,
    time::Duration,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use signet_loopback::{Host, Internet};

/// Where the kernel shows the namespaces that have names.
const NAMESPACES: &str = "/run/netns";
/// How long something may take that comes.
const PATIENCE: Duration = Duration::from_secs(10);
/// After how long nothing has come. What comes takes less than a millisecond.
const SILENCE: Duration = Duration::from_millis(200);

/// Held by each test for reading, and for writing by the one that counts namespaces.
static TESTS: RwLock<()> = RwLock::new(());

/// An internet in one test.
struct Online {
    internet: Internet,
    _test: RwLockReadGuard<'static, ()>,
}

impl Deref for Online {
    type Target = Internet;

    fn deref(&self) -> &Internet {
        &self.internet
    }
}

/// A fresh one, where one can be made.
fn internet() -> Option<Online> {
    let test = TESTS.read().unwrap_or_else(PoisonError::into_inner);
    match Internet::new() {
        Ok(internet) => Some(Online {
            internet,
            _test: test,
        }),
        Err(why) => {
            println!("SKIPPED, because no network can be made here: {why:#}");
            None
        }
    }
}

/// Does something in the host's network. The sockets that it opens stay there.
fn inside<T: Send>(host: &Host, act: impl FnOnce() -> T + Send) -> T {
    let namespace = File::open(Path::new(NAMESPACES).join(name(host))).unwrap();
    let acting = || {
        let kind = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(namespace.as_fd(), kind).unwrap();
        act()
    };
    thread::scope(|scope| scope.spawn(acting).join().unwrap())
}

fn name(host: &Host) -> String {
    host.door().pop().unwrap()
}

fn udp(host: &Host) -> UdpSocket {
    inside(host, || UdpSocket::bind("0.0.0.0:0").unwrap())
}

fn udp6(host: &Host) -> UdpSocket {
    inside(host, || UdpSocket::bind("[::]:0").unwrap())
}

/// Where the socket is for those who know its host by this address.
fn at(address: Option<impl Into<IpAddr>>, socket: &UdpSocket) -> SocketAddr {
    let port = socket.local_addr().unwrap().port();
    SocketAddr::new(address.unwrap().into(), port)
}

fn says(socket: &UdpSocket, word: &str, to: SocketAddr) {
    let sent = socket.send_to(word.as_bytes(), to);
    assert_eq!(sent.unwrap(), word.len());
}

/// Waits for exactly this; who it came from.
fn hears(socket: &UdpSocket, word: &str) -> SocketAddr {
    let (heard, from) = next(socket, PATIENCE).unwrap();
    assert_eq!(heard, word);
    from
}

fn hears_nothing(socket: &UdpSocket) {
    let refused = next(socket, SILENCE).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::WouldBlock);
}

fn next(socket: &UdpSocket, patience: Duration) -> io::Result<(String, SocketAddr)> {
    socket.set_read_timeout(Some(patience))?;
    let mut bytes = [0; 64];
    let (length, from) = loop {
        match socket.recv_from(&mut bytes) {
            // A process that is frozen for a moment wakes up with this.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            received => break received?,
        }
    };
    let heard = String::from_utf8_lossy(&bytes[..length]).into_owned();
    Ok((heard, from))
}

/// A listener, and where it is for those who know its host by this address.
fn listens(host: &Host, address: Option<impl Into<IpAddr>>) -> (TcpListener, SocketAddr) {
    let listener = inside(host, || TcpListener::bind("[::]:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    (listener, SocketAddr::new(address.unwrap().into(), port))
}

fn dials(host: &Host, to: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    inside(host, || TcpStream::connect_timeout(&to, patience))
}

/// Nobody answers, not even to refuse.
fn is_silent(host: &Host, to: SocketAddr) {
    let refused = dials(host, to, SILENCE).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TimedOut);
}

/// How many namespaces of this process have names.
fn namespaces() -> usize {
    let prefix = format!("signet-{}-", process::id());
    let names = fs::read_dir(NAMESPACES).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with(&prefix))
        .count()
}
