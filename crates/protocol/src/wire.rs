//! The wire to one contact: what is under way, and how long to wait after a failure.
//! A restart forgets it, and tries everything once more.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use signet_didcomm::did::Did;

use crate::{contact::ContactId, limit, step::AttemptId, time::Timestamp};

/// One contact's wire.
#[derive(Default)]
pub(crate) struct Wire {
    /// Failures in a row.
    failures: u32,
    /// When the last failure was counted.
    failed_at: Option<Timestamp>,
    /// When a direct connection to the contact was last seen to stand.
    pub(crate) met: Option<Timestamp>,
    /// No attempt before this.
    pub(crate) wait_until: Timestamp,
    /// Messages that were refused by themselves: failures in a row, and no attempt before.
    refused: BTreeMap<String, (u32, Timestamp)>,
    /// Ids of the messages under way.
    pub(crate) in_flight: BTreeSet<String>,
    /// Acknowledgements are under way.
    pub(crate) acks_in_flight: bool,
    /// The attempts under way.
    pub(crate) attempts: BTreeSet<AttemptId>,
    /// Since when early messages wait for their predecessors.
    pub(crate) early_since: Option<Timestamp>,
    /// The furthest place of a message that was acknowledged, and when: those before it that rested then
    /// seem lost.
    pub(crate) passed: Option<(u64, Timestamp)>,
    /// When the next of them has rested for long enough to go again.
    pub(crate) passed_next: Option<Timestamp>,
    /// Since when something irreversible is due.
    pub(crate) irreversible_since: Option<Timestamp>,
}

/// One attempt, from the effect to its report.
pub(crate) struct Attempt {
    /// `None` for an answer to somebody who is no contact.
    pub(crate) contact: Option<ContactId>,
    /// Set for a question to a mediator.
    pub(crate) mediator: Option<Did>,
    /// The message it carries; `None` if it carries acknowledgements only.
    pub(crate) message: Option<String>,
    /// The acknowledgements it carries.
    pub(crate) acks: Vec<String>,
    /// Our DID and theirs when it was packed; a rotation since makes its custody worthless.
    pub(crate) between: Option<(Did, Did)>,
    /// When it began.
    pub(crate) begun: Timestamp,
    /// It is over without a report after [`limit::ATTEMPT`].
    pub(crate) over: Timestamp,
}

/// The attempts under way, by name.
#[derive(Default)]
pub(crate) struct Attempts {
    last: u64,
    pub(crate) under_way: BTreeMap<AttemptId, Attempt>,
}

impl Attempts {
    /// Names a new attempt.
    pub(crate) fn begin(&mut self, attempt: Attempt) -> AttemptId {
        self.last += 1;
        let id = AttemptId(self.last);
        self.under_way.insert(id, attempt);
        id
    }
}

impl Wire {
    /// Nobody could be reached, or nothing was taken for now. Attempts begun before the last
    /// failure was counted are part of it: many under way at once are one failure.
    pub(crate) fn failed(&mut self, begun: Timestamp, now: Timestamp) {
        if self.failed_at.is_some_and(|at| begun <= at) {
            return;
        }
        self.failed_at = Some(now);
        self.wait_until = now.after(backoff(self.failures));
        self.failures = self.failures.saturating_add(1);
    }

    /// When the wire failed last, if it was not seen to work since.
    pub(crate) fn failed_at(&self) -> Option<Timestamp> {
        self.failed_at
    }

    /// The network is another one: whatever failed before may work now.
    pub(crate) fn hurry(&mut self) {
        self.failures = 0;
        self.wait_until = Timestamp(0);
    }

    /// The wire works.
    pub(crate) fn works(&mut self) {
        self.failures = 0;
        self.failed_at = None;
        self.wait_until = Timestamp(0);
    }

    /// The message at this place was acknowledged.
    pub(crate) fn passed_over(&mut self, place: u64, now: Timestamp) {
        if self.passed.is_none_or(|(before, _)| place >= before) {
            self.passed = Some((place, now));
        }
    }

    /// This one message was refused; the others go on.
    pub(crate) fn refuse(&mut self, id: &str, now: Timestamp) {
        let (failures, _) = self.refused.get(id).copied().unwrap_or((2, now));
        self.refused.insert(
            id.to_owned(),
            (failures.saturating_add(1), now.after(backoff(failures))),
        );
    }

    /// When this message may be tried again, if it was refused.
    pub(crate) fn refused_until(&self, id: &str) -> Option<Timestamp> {
        self.refused.get(id).map(|(_, until)| *until)
    }

    /// The message is neither under way nor waiting after a refusal.
    pub(crate) fn may_try(&self, id: &str, now: Timestamp) -> bool {
        !self.in_flight.contains(id) && self.refused_until(id).is_none_or(|until| until <= now)
    }

    /// The message is done with, or gets a fresh start.
    pub(crate) fn forgive(&mut self, id: &str) {
        self.refused.remove(id);
    }
}

/// Doubles from one second to a quarter of an hour.
fn backoff(failures: u32) -> Duration {
    limit::BACKOFF_FIRST
        .saturating_mul(1u32.checked_shl(failures.min(16)).unwrap_or(u32::MAX))
        .min(limit::BACKOFF_LAST)
}
