//! Forwards, posted by many at the same time.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

use super::{Account, Client, Server};

/// Connections that post at the same time.
pub(super) const SENDERS: usize = 32;
/// Bytes of what is sent, before it is packed.
pub(super) const LETTER: usize = 1024;

/// A forward for each of so many accounts, packed. The same one may be posted any number of times: each
/// is a message of its own to the mediator.
pub(super) struct Posts {
    at: SocketAddr,
    letters: Vec<Vec<u8>>,
}

impl Posts {
    /// To accounts whose seeds begin with this one.
    pub(super) fn new(server: &Server, seed: u64) -> Result<Self> {
        let mut client = Client::connect(server.at)?;
        let mut letters = Vec::new();
        for number in 0..SENDERS as u64 {
            let account = Account::new(seed + number, &server.mediator);
            let home = format!("did:example:{}", seed + number);
            account.settle(&mut client, std::slice::from_ref(&home))?;
            letters.push(account.letter(&home, LETTER)?);
        }
        let at = server.at;
        Ok(Self { at, letters })
    }

    /// The seconds that it takes when each sender posts so many, one after the other.
    pub(super) fn send(&self, each: usize) -> Result<f64> {
        self.spread(&self.letters, each, None)
    }

    /// So many per second in all, for so long, whether they are answered or not by then.
    pub(super) fn trickle(&self, rate: f64, length: Duration) -> Result<()> {
        // One address has room for as many requests at once as there are senders.
        let letters = self.letters.get(..SENDERS / 2).unwrap_or_default();
        let each = (rate * length.as_secs_f64()) as usize / letters.len().max(1);
        self.spread(letters, each, Some(length / each.max(1) as u32))?;
        Ok(())
    }

    fn spread(&self, letters: &[Vec<u8>], each: usize, pause: Option<Duration>) -> Result<f64> {
        let clients = letters.iter().map(|_| Client::connect(self.at));
        let clients: Vec<Client> = clients.collect::<Result<_>>()?;
        let start = Instant::now();
        thread::scope(|scope| {
            let senders: Vec<_> = clients
                .into_iter()
                .zip(letters)
                .map(|(mut client, letter)| {
                    scope.spawn(move || -> Result<()> {
                        for n in 0..each {
                            if let Some(pause) = pause {
                                let due = start + pause * n as u32;
                                thread::sleep(due.saturating_duration_since(Instant::now()));
                            }
                            let (status, _) = client.post(letter)?;
                            ensure!(status == 202, "a forward was answered with {status}");
                        }
                        Ok(())
                    })
                })
                .collect();
            for sender in senders {
                match sender.join() {
                    Ok(sent) => sent?,
                    Err(_) => bail!("a sender broke"),
                }
            }
            Ok(start.elapsed().as_secs_f64())
        })
    }
}
