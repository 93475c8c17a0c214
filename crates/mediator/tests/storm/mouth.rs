//! A client that says anything, and hears what comes of it.

use std::net::{IpAddr, Ipv4Addr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{
    frames, port,
    server::{PATIENCE, Server},
};

const HANDSHAKE: &str = "GET / HTTP/1.1\r\nHost: m\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n";

/// How something is said.
#[derive(Clone, Copy)]
pub enum Manner {
    /// As a whole request, over a connection that may stay.
    Request,
    /// Over a connection of its own, on which nothing follows.
    Last,
    /// To a WebSocket that may stay.
    Frame,
    /// To a WebSocket of its own, on which nothing follows.
    LastFrame,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    /// An answer.
    Status(u16),
    /// The connection was closed without an answer.
    Closed,
    /// The WebSocket was ended.
    Ended,
    /// The WebSocket stays.
    PassedOver,
}

/// Where connections come from.
#[derive(Clone, Copy)]
pub enum From {
    /// Always this address.
    One(IpAddr),
    /// Another one each time, of a range of its own.
    Many(u8),
}

pub struct Mouth<'a> {
    server: &'a Server,
    from: From,
    connections: u16,
    http: Option<TcpStream>,
    socket: Option<TcpStream>,
}

impl<'a> Mouth<'a> {
    pub fn new(server: &'a Server, from: From) -> Self {
        Self {
            server,
            from,
            connections: 0,
            http: None,
            socket: None,
        }
    }

    /// Says it. Whatever it is, the program answers it or closes the connection.
    pub async fn say(&mut self, manner: Manner, bytes: &[u8]) -> Heard {
        let saying = async {
            match manner {
                Manner::Request => self.request(bytes).await,
                Manner::Last => {
                    let stream = self.connect().await;
                    first_status(&last(stream, bytes).await)
                }
                Manner::Frame => self.frame(bytes).await,
                Manner::LastFrame => match self.open().await {
                    Some(stream) => {
                        last(stream, bytes).await;
                        Heard::Ended
                    }
                    None => Heard::Closed,
                },
            }
        };
        let heard = timeout(PATIENCE, saying).await;
        heard.unwrap_or_else(|_| {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(500)]);
            unreachable!("neither an answer nor an end: {shown}")
        })
    }

    async fn request(&mut self, bytes: &[u8]) -> Heard {
        if let Some(stream) = self.http.take()
            && let Some(status) = self.exchange(stream, bytes).await
        {
            return Heard::Status(status);
        }
        // There was no connection, or it was closed before this came.
        let stream = self.connect().await;
        match self.exchange(stream, bytes).await {
            Some(status) => Heard::Status(status),
            None => Heard::Closed,
        }
    }

    async fn exchange(&mut self, mut stream: TcpStream, bytes: &[u8]) -> Option<u16> {
        // Who is refused early is not listened to any more, and has an answer.
        let is_said = stream.write_all(bytes).await.is_ok();
        let (status, stays) = answer(&mut stream).await?;
        if stays && is_said {
            self.http = Some(stream);
        }
        Some(status)
    }

    async fn frame(&mut self, bytes: &[u8]) -> Heard {
        let socket = match self.socket.take() {
            None => self.open().await,
            socket => socket,
        };
        let Some(mut stream) = socket else {
            return Heard::Closed;
        };
        self.connections = self.connections.wrapping_add(1);
        let mark = self.connections.to_be_bytes();
        let said = [bytes, &frames::ping(&mark)].concat();
        if stream.write_all(&said).await.is_ok() && frames::until_pong(&mut stream, &mark).await {
            self.socket = Some(stream);
            return Heard::PassedOver;
        }
        Heard::Ended
    }

    /// A WebSocket, unless the connection is closed at once.
    pub async fn open(&mut self) -> Option<TcpStream> {
        let mut stream = self.connect().await;
        let _ = stream.write_all(HANDSHAKE.as_bytes()).await;
        let (status, _) = answer(&mut stream).await?;
        assert_eq!(status, 101);
        Some(stream)
    }

    async fn connect(&mut self) -> TcpStream {
        self.connections = self.connections.wrapping_add(1);
        let [high, low] = self.connections.to_be_bytes();
        let from = match self.from {
            From::One(from) => from,
            From::Many(range) => Ipv4Addr::new(127, 16 + range, high, low.max(1)).into(),
        };
        // What is dropped needs no goodbye.
        let prepare = |socket: &TcpSocket| socket.set_zero_linger().unwrap();
        port::connect(from, self.server.at, prepare).await
    }
}

/// Says something and nothing more; all that comes until the end.
async fn last(mut stream: TcpStream, bytes: &[u8]) -> Vec<u8> {
    let mut heard = Vec::new();
    if bytes.is_empty() {
        return heard;
    }
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    // It may be cut off, which is an end too.
    let _ = stream.read_to_end(&mut heard).await;
    heard
}

fn first_status(heard: &[u8]) -> Heard {
    match status(heard) {
        Some(status) => Heard::Status(status),
        None => Heard::Closed,
    }
}

fn status(head: &[u8]) -> Option<u16> {
    let code = head.strip_prefix(b"HTTP/1.")?.get(2..5)?;
    std::str::from_utf8(code).ok()?.parse().ok()
}

/// The status of one answer, and whether the connection stays.
async fn answer(stream: &mut TcpStream) -> Option<(u16, bool)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let header = |name| head.lines().find_map(|line| line.strip_prefix(name));
    let length: usize = header("content-length: ").map_or(0, |length| length.parse().unwrap());
    let stays = header("connection: ") != Some("close");
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some((status(&bytes)?, stays))
}
