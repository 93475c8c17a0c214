//! What it costs that very many messages wait: each further one, and a start.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{Keeping, Posts, SENDERS};
use crate::{
    Size,
    row::{Aim, Row, Unit},
};

/// How long a start may take.
const START: f64 = 5.0;
/// After a million messages within a minute or two a database cleans up for a while. That is what
/// their coming costs; what their waiting costs shows when it is over.
const SETTLED: Duration = Duration::from_secs(90);

/// Two rows.
pub(super) fn measure(keeping: &Keeping<'_>, size: Size) -> Result<Vec<Row>> {
    let kept = keeping.name;
    let mut server = (keeping.open)()?;
    let (few, many) = (size.of(10_000, 64), size.of(1_000_000, 256));
    let often = size.of(8_000, 64) / SENDERS;
    let posts = Posts::new(&server, 1)?;
    posts.send(few / SENDERS)?;
    let mut with_few = Vec::new();
    for _ in 0..size.of(9, 1) {
        with_few.push(posts.send(often)?);
    }
    posts.send((many - few) / SENDERS)?;
    if size == Size::Full {
        thread::sleep(SETTLED);
    }
    let name = format!("a forward {kept} with {many} waiting, beside {few}");
    let mut growth = Row::new(name, Unit::Seconds, Aim::Within(1.2));
    for before in with_few {
        let each = (often * SENDERS) as f64;
        growth.add(posts.send(often)? / each, before / each);
    }
    let name = format!("start after a crash with {many} waiting {kept}");
    let mut restart = Row::new(name, Unit::Seconds, Aim::Within(1.0));
    for _ in 0..size.of(3, 1) {
        let start = Instant::now();
        server.restart(keeping.crash)?;
        posts.send(1)?;
        restart.add(start.elapsed().as_secs_f64(), START);
    }
    Ok(vec![growth, restart])
}
