//! What is counted, as Prometheus reads it. No identity is in it.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// A number that only grows, or a level.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn more(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    /// One less.
    pub fn less(&self) {
        self.0.fetch_sub(1, Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The counts of one node since it was started.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Envelopes that came in and were taken.
    pub taken: Count,
    /// Envelopes that were refused for good.
    pub refused: Count,
    /// Envelopes that were put off: no room, too many, or the mailbox away.
    pub put_off: Count,
    /// Envelopes that wait, or waited, since the start.
    pub stored: Count,
    /// Envelopes handed out by a live connection.
    pub delivered: Count,
    /// Envelopes that waited for too long.
    pub swept: Count,
    /// Failures of the mailbox.
    pub failures: Count,
    /// TCP connections that stand.
    pub connections: Count,
    /// WebSockets that stand.
    pub sockets: Count,
}

impl Metrics {
    /// The text, version 0.0.4.
    pub fn to_text(&self) -> String {
        let rows = [
            (
                "envelopes_taken_total",
                "counter",
                "Envelopes taken",
                &self.taken,
            ),
            (
                "envelopes_refused_total",
                "counter",
                "Envelopes refused for good",
                &self.refused,
            ),
            (
                "envelopes_put_off_total",
                "counter",
                "Envelopes put off",
                &self.put_off,
            ),
            (
                "mail_stored_total",
                "counter",
                "Envelopes put into the mailbox",
                &self.stored,
            ),
            (
                "mail_delivered_live_total",
                "counter",
                "Envelopes handed out live",
                &self.delivered,
            ),
            (
                "mail_expired_total",
                "counter",
                "Envelopes that waited for too long",
                &self.swept,
            ),
            (
                "mailbox_failures_total",
                "counter",
                "Failures of the mailbox",
                &self.failures,
            ),
            (
                "connections",
                "gauge",
                "Connections that stand",
                &self.connections,
            ),
            ("sockets", "gauge", "WebSockets that stand", &self.sockets),
        ];
        let mut text = String::new();
        for (name, kind, help, count) in rows {
            let value = count.get();
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP signet_mediator_{name} {help}\n# TYPE signet_mediator_{name} {kind}\nsignet_mediator_{name} {value}\n"
            );
        }
        text
    }
}
