//! How long a message takes from its sender to a recipient who waits for it, while others post.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};

use super::{
    Account, Client, Server,
    post::{LETTER, Posts},
};
use crate::{
    Size,
    row::{Aim, Row, Unit, percentile},
};

/// The seed of who waits.
const WAITING: u64 = 900;
/// That of those to whom the others post.
const OTHERS: u64 = 500;
/// In 99 of 100 cases it should not take longer.
const AIM: f64 = 0.050;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_millis(5);

/// Two rows: the median, and the 99th of 100.
pub(super) fn measure(kept: &str, server: &Server, rate: f64, size: Size) -> Result<Vec<Row>> {
    let account = Account::new(WAITING, &server.mediator);
    let home = format!("did:example:{WAITING}");
    let mut client = Client::connect(server.at)?;
    account.settle(&mut client, std::slice::from_ref(&home))?;
    let letter = account.letter(&home, LETTER)?;
    let mut socket = account.socket(server.at)?;
    let others = Posts::new(server, OTHERS)?;
    let length = size.of(Duration::from_secs(20), Duration::from_millis(200));
    let samples = thread::scope(|scope| {
        let load = scope.spawn(|| others.trickle(rate, length));
        let begun = Instant::now();
        let mut samples = Vec::new();
        while begun.elapsed() < length {
            let sent = Instant::now();
            client.post(&letter)?;
            let ids = socket.delivery(&account)?;
            samples.push(sent.elapsed().as_secs_f64());
            socket.acknowledge(&account, ids)?;
            thread::sleep(PAUSE);
        }
        load.join().map_err(|_| anyhow!("the load broke"))??;
        Ok::<_, anyhow::Error>(samples)
    })?;
    let row = |percent| {
        let name = format!("live delivery {kept} at {rate:.0} forwards/s, p{percent}");
        let mut row = Row::new(name, Unit::Seconds, Aim::Within(1.0));
        row.add(percentile(&samples, percent), AIM);
        row
    };
    Ok(vec![row(50), row(99)])
}
