//! Connections from ports that nobody is given by chance. Those who close first keep their port for
//! a minute, and after a storm there would be none left to listen at for whoever asks for any.

use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use tokio::net::{TcpSocket, TcpStream};

/// Below the ports a system gives to those who ask for any (Linux: from 32,768).
const FIRST: u32 = 10_000;
const PORTS: u32 = 20_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A connection from this address, its socket prepared.
pub async fn connect(from: IpAddr, to: SocketAddr, prepare: impl Fn(&TcpSocket)) -> TcpStream {
    for _ in 0..PORTS {
        let port = FIRST + NEXT.fetch_add(1, Relaxed) % PORTS;
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        prepare(&socket);
        let connected = match socket.bind((from, u16::try_from(port).unwrap()).into()) {
            Ok(()) => socket.connect(to).await,
            Err(error) => Err(error),
        };
        match connected {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable
                ) => {}
            connected => return connected.unwrap(),
        }
    }
    unreachable!("all ports are in use")
}
