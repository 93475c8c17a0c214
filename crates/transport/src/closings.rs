//! Connections that were closed, told to whoever waits for something to come by one.
//!
//! yamux (0.14.1) wakes nobody who reads from a stream of a connection that this side closed: he
//! would wait for ever, and find the stream ended only when he looks again.

use std::{future::Future, pin::pin};
use tokio::sync::watch;

#[derive(Default)]
pub(crate) struct Closings(watch::Sender<u64>);

impl Closings {
    /// One more.
    pub(crate) fn more(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// Tells of those from now on.
    pub(crate) fn heard(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    /// Waits for something, and looks again at each of them.
    pub(crate) async fn heeding<F: Future>(&self, awaited: F) -> F::Output {
        let mut heard = self.heard();
        let mut awaited = pin!(awaited);
        loop {
            tokio::select! {
                output = &mut awaited => return output,
                Ok(()) = heard.changed() => {}
            }
        }
    }
}
