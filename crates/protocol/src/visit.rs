//! What is under way with one mediator. A restart forgets it, and asks anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use signet_didcomm::{did::Did, document::Endpoint};

use crate::{limit, step::AttemptId, time::Timestamp};

/// Failures in a row that may be the wire's. A mediator that is away fails more often than that within
/// half a minute.
const LAPSES: u32 = 3;

/// Failures in a row after which nothing is expected of it for now: it was asked for four minutes.
const GIVEN_UP: u32 = 8;
/// Acknowledged envelopes that are remembered.
const ACKNOWLEDGED: usize = 1024;
/// Failures so far apart do not follow each other.
const SOON: Duration = Duration::from_secs(30 * 60);
/// Updates in a row that it did not do, likewise.
const NOT_UPDATED: u32 = 3;
/// Failures in a row after which it may have forgotten us, and says so in a way that we do not
/// understand, as by a status of HTTP.
const DOUBTED: u32 = 6;
/// It is asked again for mediation no more often than this.
const REMINDED: Duration = Duration::from_secs(3600);

/// One mediator's.
#[derive(Default)]
pub(crate) struct Visit {
    /// When to look after it next.
    pub(crate) at: Timestamp,
    /// What it was asked and has not answered.
    pub(crate) asked: Option<Asked>,
    /// Failures in a row.
    pub(crate) failures: u32,
    /// Failures that came one soon after the other, and when the last of them did: a computer that
    /// slept proves nothing.
    row: u32,
    failed_at: Option<Timestamp>,
    /// Nothing is asked before this.
    pub(crate) wait_until: Timestamp,
    /// When it is next asked for mail.
    pub(crate) fetch_at: Timestamp,
    /// When it last had nothing for us.
    pub(crate) emptied: Option<Timestamp>,
    /// Envelopes that we were handed and have not yet opened.
    pub(crate) opening: BTreeSet<String>,
    /// When those are taken for lost: they come again.
    pub(crate) opening_over: Timestamp,
    /// Envelopes that are safe here.
    pub(crate) received: BTreeSet<String>,
    /// Envelopes that were acknowledged lately: a mediator that does not delete them hands them out again.
    pub(crate) acknowledged: BTreeSet<String>,
    /// DIDs that it would not register, or forget: not asked again before a restart, unless it forgot us.
    pub(crate) refused: BTreeSet<Did>,
    /// How often in a row it did not do all of an update, and when it is asked for one again.
    pub(crate) update_failures: u32,
    pub(crate) update_at: Timestamp,
    /// How often in a row it said nothing to what it was asked of pages, and when it is asked again.
    pub(crate) page_silences: u32,
    pub(crate) page_at: Timestamp,
    /// Invitations that it would not host, though it does others: not asked again before a restart.
    pub(crate) page_refused: BTreeSet<String>,
    /// It says that it does not serve us, though it did: it is asked once more.
    pub(crate) is_forgotten: bool,
    /// When it was last asked for mediation although it had granted it.
    reminded: Option<Timestamp>,
    /// What was asked last was mail.
    pub(crate) fetched_last: bool,
    /// How many envelopes it said to wait there.
    pub(crate) waiting: Option<u64>,
    /// The relay that it offers beside.
    pub(crate) relay: Option<Endpoint>,
    /// Since when it is that one.
    pub(crate) relay_since: Timestamp,
    /// When it last answered.
    pub(crate) heard: Option<Timestamp>,
    pub(crate) live: Live,
    /// How often in a row the live connection did not come to stand.
    pub(crate) live_failures: u32,
}

/// The connection on which it sends what comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Live {
    /// There is none, and no need for one.
    #[default]
    Unasked,
    /// It is being opened; or it stands, and the mediator has not said what it makes of it.
    Opening,
    /// Mail comes by it.
    Open,
    /// It is over; opened again after this.
    Over(Timestamp),
}

/// A question under way.
pub(crate) struct Asked {
    /// The message's id: the answer's thread.
    pub(crate) id: String,
    pub(crate) what: What,
    pub(crate) attempt: AttemptId,
    /// No answer is expected after this.
    pub(crate) over: Timestamp,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Mediation.
    Mediate,
    /// To register these DIDs, or to forget them.
    Update(Vec<(Did, bool)>),
    /// What waits.
    Fetch,
    /// To delete what is safe here.
    Received(BTreeSet<String>),
    /// To host the invitation of this id.
    Host(String),
    /// To host it no more.
    Unhost(String),
}

impl What {
    /// Whether it concerns a hosted invitation, which a mediator need not understand.
    pub(crate) fn is_of_page(&self) -> bool {
        match self {
            Self::Host(_) | Self::Unhost(_) => true,
            Self::Mediate | Self::Update(_) | Self::Fetch | Self::Received(_) => false,
        }
    }
}

/// The visits, by the mediators' DIDs.
#[derive(Default)]
pub(crate) struct Visits(pub(crate) BTreeMap<Did, Visit>);

impl Visits {
    /// When the first of them is to be looked after.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.0.values().map(|visit| visit.at).min()
    }

    /// Something seems to have been sent that did not come: perhaps one of them keeps it.
    pub(crate) fn fetch_at_once(&mut self) {
        for visit in self.0.values_mut() {
            visit.fetch_at = Timestamp(0);
            visit.at = Timestamp(0);
        }
    }

    /// All are looked after at once: something changed that concerns them.
    pub(crate) fn at_once(&mut self) {
        self.0
            .values_mut()
            .for_each(|visit| visit.at = Timestamp(0));
    }
}

impl Visit {
    /// It has nothing for us.
    pub(crate) fn has_nothing(&mut self, now: Timestamp) {
        self.emptied = Some(now);
        self.fetch_later(now);
    }

    /// When it is asked for mail although nothing says that there is any.
    pub(crate) fn fetch_later(&mut self, now: Timestamp) {
        self.fetch_at = now.after(match self.live {
            Live::Open => limit::FETCH_WHILE_LIVE,
            Live::Unasked | Live::Opening | Live::Over(_) => limit::FETCH,
        });
    }

    /// Whether it may still keep what was sent before this; one that does not answer is not waited for.
    pub(crate) fn may_keep_what_came_before(&self, then: Timestamp) -> bool {
        let is_emptied = self.emptied.is_some_and(|at| at >= then) && self.opening.is_empty();
        self.failures <= LAPSES && !is_emptied
    }

    /// Whether it is asked once more for mediation, because it seems to have forgotten us.
    pub(crate) fn is_doubted(&mut self, now: Timestamp) -> bool {
        self.failures >= DOUBTED && self.may_be_reminded(now)
    }

    /// True once in a while.
    pub(crate) fn may_be_reminded(&mut self, now: Timestamp) -> bool {
        let is_long_ago = |at: Timestamp| now.since(at) >= REMINDED;
        let may = self.reminded.is_none_or(is_long_ago);
        if may {
            self.reminded = Some(now);
        }
        may
    }

    /// It was told that it need keep these no longer.
    pub(crate) fn acknowledge(&mut self, ids: impl IntoIterator<Item = String>) {
        if self.acknowledged.len() > ACKNOWLEDGED {
            self.acknowledged.clear();
        }
        self.acknowledged.extend(ids);
    }

    /// Whether it has not answered for some minutes, and was asked again and again until now.
    pub(crate) fn is_silent(&self, now: Timestamp) -> bool {
        let is_recent = self.failed_at.is_some_and(|at| now.since(at) < SOON);
        self.row >= GIVEN_UP && is_recent
    }

    /// The network is another one: whatever failed before may work now.
    pub(crate) fn hurry(&mut self, now: Timestamp) {
        self.wait_until = Timestamp(0);
        self.live_failures = 0;
        // Longer waits are a mediator's own word.
        if let Live::Over(until) = self.live
            && until <= now.after(limit::MEDIATOR_BACKOFF)
        {
            self.live = Live::Over(Timestamp(0));
        }
        self.at = Timestamp(0);
    }

    /// It answered.
    pub(crate) fn works(&mut self, now: Timestamp) {
        self.failures = 0;
        self.row = 0;
        self.wait_until = Timestamp(0);
        self.heard = Some(now);
        self.at = Timestamp(0);
    }

    /// It did not do all of an update: the rest is asked for later, and mail meanwhile.
    pub(crate) fn update_failed(&mut self, now: Timestamp) {
        self.update_at = now.after(backoff(self.update_failures));
        self.update_failures = self.update_failures.saturating_add(1);
    }

    /// Neither patience nor another question is likely to make it take our DIDs.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.failures >= GIVEN_UP || self.update_failures >= NOT_UPDATED || !self.refused.is_empty()
    }

    /// It said nothing to what it was asked of pages. That may be the wire's fault, or its way to say
    /// that it has none; it is none of the mail's.
    pub(crate) fn says_nothing_of_pages(&mut self, now: Timestamp) {
        let waits = [limit::PAGE_AGAIN, limit::PAGE_AGAIN * 30];
        let wait = usize::try_from(self.page_silences)
            .ok()
            .and_then(|n| waits.get(n));
        self.page_at = now.after(*wait.unwrap_or(&limit::NO_PAGES));
        self.page_silences = self.page_silences.saturating_add(1);
        self.at = Timestamp(0);
    }

    /// It was not reached, or gave no answer that helps.
    pub(crate) fn failed(&mut self, now: Timestamp) {
        let is_soon = self.failed_at.is_some_and(|at| now.since(at) < SOON);
        self.row = if is_soon {
            self.row.saturating_add(1)
        } else {
            1
        };
        self.failed_at = Some(now);
        self.wait_until = now.after(backoff(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.at = self.wait_until;
    }
}

/// Doubles from one second to five minutes.
pub(crate) fn backoff(failures: u32) -> Duration {
    let wait = limit::BACKOFF_FIRST.saturating_mul(1 << failures.min(10));
    wait.min(limit::MEDIATOR_BACKOFF)
}
