//! A balancer in front of several nodes: each connection goes to the next one that takes it.

use std::{
    io,
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::Result;

/// Listens until it is dropped.
pub struct Balancer {
    port: u16,
    is_over: Arc<AtomicBool>,
}

impl Balancer {
    /// In front of the nodes at these ports.
    ///
    /// # Errors
    /// There is no port.
    pub fn new(nodes: Vec<u16>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        thread::spawn(move || {
            for (turn, client) in listener.incoming().enumerate() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let first = turn % nodes.len().max(1);
                let mut nodes = nodes.clone();
                nodes.rotate_left(first);
                if let Ok(client) = client {
                    thread::spawn(move || serve(&client, &nodes));
                }
            }
        });
        Ok(Self { port, is_over })
    }

    /// Its address, as the nodes are known by.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // It looks up from its waiting.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

/// Passes on what either side says until one of them is gone.
fn serve(client: &TcpStream, nodes: &[u16]) {
    let mut nodes = nodes.iter();
    let node = nodes.find_map(|&port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
    let Some(node) = node else {
        return;
    };
    thread::scope(|scope| {
        scope.spawn(|| pass_on(client, &node));
        pass_on(&node, client);
    });
}

fn pass_on(mut from: &TcpStream, mut to: &TcpStream) {
    // However it ends, both sides hear of it.
    let _ = io::copy(&mut from, &mut to);
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
