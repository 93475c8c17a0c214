//! What a mediator is asked, and whether that reached it.

use rand_core::CryptoRng;
use signet_didcomm::{
    coordinate_mediation::{self as coordinate, Update},
    did::Did,
    document::Document,
    envelope::{self, ContentCipher},
    from_prior,
    message::{Message, new_id},
    message_pickup as pickup,
    protocols::empty,
};

use crate::{
    limit,
    mediation::{Mediation, MediationState},
    step::{AttemptId, Outcome, Reach, Report},
    time::Timestamp,
    turn::{Destination, Turn, blank},
    visit::{Asked, What},
    wire::Attempt,
};

/// Envelopes fetched at once.
const FETCHED: u64 = 32;
/// DIDs registered at once.
const UPDATES: usize = 64;

impl<R: CryptoRng> Turn<'_, R> {
    /// Looks after the mediators that are due.
    pub(crate) fn look_after_mediators(&mut self) {
        let now = self.now;
        let due = self.machine.visits.0.iter();
        let due: Vec<Did> = due
            .filter(|(_, visit)| visit.at <= now)
            .map(|(did, _)| did.clone())
            .collect();
        for mediator in due {
            if self.packed >= limit::PACKED_PER_STEP {
                return;
            }
            self.look_after_mediator(&mediator);
            self.keep_live(&mediator);
        }
    }

    fn look_after_mediator(&mut self, mediator: &Did) {
        let Some(mut mediation) = self.machine.state.mediation(mediator).cloned() else {
            self.machine.visits.0.remove(mediator);
            return;
        };
        self.heed_silence(&mut mediation);
        if mediation.state == MediationState::Leaving && self.is_left(&mediation) {
            self.forget_mediator(&mediation);
            return;
        }
        match mediation.state {
            MediationState::Granted | MediationState::Leaving => self.keep_spares(),
            MediationState::Asking | MediationState::Refused => {}
        }
        let now = self.now;
        let updates = match mediation.state {
            MediationState::Granted | MediationState::Leaving => {
                self.machine.updates_due(mediator, UPDATES)
            }
            MediationState::Asking | MediationState::Refused => Vec::new(),
        };
        let page = self.machine.page_due(&mediation, now);
        let Some(visit) = self.machine.visits.0.get_mut(mediator) else {
            return;
        };
        if let Some(asked) = &visit.asked {
            if asked.over > now {
                visit.at = asked.over;
                return;
            }
            let is_of_page = asked.what.is_of_page();
            visit.asked = None;
            match is_of_page {
                true => visit.says_nothing_of_pages(now),
                false => visit.failed(now),
            }
        }
        if visit.wait_until > now {
            visit.at = visit.wait_until;
            return;
        }
        if visit.opening_over <= now {
            visit.opening.clear();
        }
        let what = match mediation.state {
            MediationState::Refused => {
                visit.at = Timestamp(u64::MAX);
                return;
            }
            MediationState::Asking => What::Mediate,
            MediationState::Granted | MediationState::Leaving => {
                let may_fetch = visit.opening.is_empty() && visit.fetch_at <= now;
                let may_update = !updates.is_empty() && visit.update_at <= now;
                // What fails must not stand before the mail for ever.
                if visit.is_doubted(now) {
                    What::Mediate
                } else if may_fetch && visit.failures > 0 && !visit.fetched_last {
                    What::Fetch
                } else if visit.is_forgotten {
                    What::Mediate
                } else if !visit.received.is_empty() {
                    What::Received(std::mem::take(&mut visit.received))
                } else if may_update {
                    What::Update(updates)
                } else if may_fetch {
                    What::Fetch
                } else if let Some(page) = page.filter(|_| visit.page_at <= now) {
                    page
                } else {
                    let mail = match visit.opening.is_empty() {
                        true => visit.fetch_at,
                        false => visit.opening_over,
                    };
                    let update = (!updates.is_empty()).then_some(visit.update_at);
                    visit.at = update.map_or(mail, |update| mail.min(update));
                    return;
                }
            }
        };
        self.ask_mediator(&mediation, what);
    }

    fn ask_mediator(&mut self, mediation: &Mediation, what: What) {
        let id = new_id(self.rng);
        let failures = self.machine.visits.0.get(&mediation.mediator.short());
        let failures = failures.map_or(0, |visit| visit.failures);
        let mut message = match &what {
            What::Mediate => {
                // One that does not answer may speak the version before.
                let version = match (mediation.state, failures % 4) {
                    (MediationState::Granted | MediationState::Leaving, _) => mediation.version(),
                    (_, 0 | 1) => coordinate::Version::V3,
                    (_, _) => coordinate::Version::V2,
                };
                let mut message = coordinate::Request::Mediate.to_message(id.as_str(), version);
                message.pthid.clone_from(&mediation.invitation);
                message
            }
            What::Update(updates) => {
                let updates = updates.iter().map(|(did, add)| match add {
                    true => Update::add(did),
                    false => Update::remove(did),
                });
                let request = coordinate::Request::Update(updates.collect());
                request.to_message(id.as_str(), mediation.version())
            }
            What::Fetch => {
                // One that hands out more than can be taken is asked for less.
                let request = pickup::Request::Delivery {
                    limit: (FETCHED >> failures.min(5)).max(1),
                    recipient_did: None,
                };
                request.to_message(id.as_str(), pickup::Version::V3)
            }
            What::Received(ids) => {
                let ids = ids.iter().cloned().collect();
                pickup::Request::Received(ids).to_message(id.as_str(), pickup::Version::V3)
            }
            What::Host(_) | What::Unhost(_) => match self.machine.page_request(&what, self.now) {
                Some(request) => request.to_message(id.as_str()),
                None => return self.asks_nothing_of_pages(mediation),
            },
        };
        message.created_time = Some(self.now.seconds());
        message.from = Some(mediation.my_did.clone());
        message.to = vec![mediation.mediator.clone()];
        let over = self.now.after(match what.is_of_page() {
            true => limit::PAGE_ANSWER,
            false => limit::MEDIATOR_ANSWER,
        });
        let attempt = self.post_to_mediator(mediation, &message, over);
        let now = self.now;
        let Some(visit) = self.machine.visits.0.get_mut(&mediation.mediator.short()) else {
            return;
        };
        visit.fetched_last = what == What::Fetch;
        match attempt {
            Some(attempt) => {
                visit.at = over;
                visit.asked = Some(Asked {
                    id,
                    what,
                    attempt,
                    over,
                });
            }
            None => visit.failed(now),
        }
    }

    /// Tells a mediator that keeps nothing for us, and that nobody writes to us by, to forget us: our
    /// DID for it is replaced by nothing. Said once; one that does not hear it keeps an empty account.
    pub(super) fn take_leave(&mut self, mediation: &Mediation) {
        let news = self.machine.mediator_news(&mediation.mediator);
        let is_empty = news.contacts.is_empty() && news.waiting == Some(0);
        if !mediation.serves() || !is_empty {
            return;
        }
        let state = &self.machine.state;
        let us = state.identities.get(&mediation.my_did.short());
        let Some(proof) =
            us.and_then(|us| from_prior::sign(&us.keys, &us.did, None, self.now.seconds()).ok())
        else {
            return;
        };
        let Ok(document) = self.machine.document(&mediation.mediator) else {
            return;
        };
        let mut message = blank(new_id(self.rng), empty::EMPTY, self.now);
        message.from_prior = Some(proof);
        message.to = vec![mediation.mediator.clone()];
        let cipher = ContentCipher::A256CbcHs512;
        if let Ok(packed) = envelope::anoncrypt(&message, &document, cipher, self.rng) {
            let over = self.now.after(limit::MEDIATOR_ANSWER);
            self.hand_to_mediator(mediation, &document, packed, over);
        }
    }

    fn post_to_mediator(
        &mut self,
        mediation: &Mediation,
        message: &Message,
        over: Timestamp,
    ) -> Option<AttemptId> {
        let document = self.machine.document(&mediation.mediator).ok()?;
        let us = self
            .machine
            .state
            .identities
            .get(&mediation.my_did.short())?;
        let packed = envelope::authcrypt(message, &us.keys, &document, self.rng).ok()?;
        Some(self.hand_to_mediator(mediation, &document, packed, over))
    }

    fn hand_to_mediator(
        &mut self,
        mediation: &Mediation,
        document: &Document,
        packed: Vec<u8>,
        over: Timestamp,
    ) -> AttemptId {
        let to = Destination {
            routes: self.machine.routes(document).posts(),
            addresses: Vec::new(),
        };
        let attempt = Attempt {
            contact: None,
            mediator: Some(mediation.mediator.clone()),
            message: None,
            acks: Vec::new(),
            between: None,
            begun: self.now,
            over,
        };
        self.perform(attempt, packed, &mediation.mediator, &to, Reach::Anywhere)
    }

    /// Learns whether a question reached its mediator. The answer comes by itself.
    pub(crate) fn learn_of_visit(&mut self, mediator: &Did, report: &Report) {
        let now = self.now;
        let Some(visit) = self.machine.visits.0.get_mut(&mediator.short()) else {
            return;
        };
        let Some(asked) = visit.asked.take_if(|asked| asked.attempt == report.attempt) else {
            return;
        };
        match (&report.outcome, &asked.what) {
            // What it does not delete now comes again and is recognised.
            (Outcome::Stored(_) | Outcome::Silent, What::Received(ids)) => {
                visit.acknowledge(ids.iter().cloned());
                visit.works(now);
            }
            (Outcome::Stored(_), _) => visit.asked = Some(asked),
            // It may still come by the live connection.
            (Outcome::Silent, _) => {
                let over = asked.over.min(now.after(limit::SILENT_ANSWER));
                visit.at = over;
                visit.asked = Some(Asked { over, ..asked });
            }
            (Outcome::No, What::Received(_)) => visit.failed(now),
            (Outcome::No, What::Host(_) | What::Unhost(_)) => visit.says_nothing_of_pages(now),
            (Outcome::Later | Outcome::No | Outcome::Unreachable, what) => {
                if let What::Received(ids) = what {
                    visit.received.extend(ids.iter().cloned());
                }
                visit.failed(now);
            }
        }
    }
}
