//! A web server for the tests.

use signet_transport::Endpoint;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A web server that answers by rote and remembers what it was asked.
pub struct Server {
    pub endpoint: Endpoint,
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers the n-th request with the n-th of `answers`, and all others with the last.
    pub async fn new(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let request = request(&mut socket).await;
                let answer = {
                    let mut log = log.lock().unwrap();
                    log.push(request);
                    answers
                        .get(log.len() - 1)
                        .or(answers.last())
                        .unwrap()
                        .clone()
                };
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self {
            endpoint: Endpoint {
                uri,
                multi_addrs: Vec::new(),
            },
            seen,
            task,
        }
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

pub fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

pub fn redirect(line: &str, location: &str) -> String {
    format!(
        "HTTP/1.1 {line}\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}

pub async fn request(socket: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    loop {
        let got = socket.read(&mut chunk).await.unwrap();
        assert_ne!(got, 0, "cut short: {text}");
        text.push_str(std::str::from_utf8(&chunk[..got]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if body.len() == length.map_or(0, |length| length.parse().unwrap()) {
            return text;
        }
    }
}
