//! What a mediator answers.

use rand_core::CryptoRng;
use signet_didcomm::{
    coordinate_mediation::{self as coordinate, Action, Outcome as Became},
    did::Did,
    message::Message,
    message_pickup::{self as pickup, Delivery},
    report_problem,
};

use crate::{
    change::Change,
    invitation::InvitationState,
    limit,
    mediation::{Mediation, MediationState},
    receive::Rejected,
    step::Effect,
    turn::Turn,
    visit::{Asked, Visit, What},
};

/// Envelopes of one mediator that are being opened.
const OPENING: usize = 1024;

impl<R: CryptoRng> Turn<'_, R> {
    /// A mediator wrote to us.
    pub(crate) fn hear_mediator(
        &mut self,
        mediator: &Did,
        message: &Message,
    ) -> Result<(), Rejected> {
        let Some(mediation) = self.machine.state.mediation(mediator).cloned() else {
            return Err(Rejected::Stranger);
        };
        self.hear_words(mediation, message);
        let visit = self.machine.visits.0.get(&mediator.short());
        if visit.is_some_and(|visit| visit.heard == Some(self.now)) {
            self.heed_answer(mediator);
        }
        Ok(())
    }

    fn hear_words(&mut self, mediation: Mediation, message: &Message) {
        let mediator = &mediation.mediator.clone();
        let now = self.now;
        if self.hears_of_page(&mediation, message) {
            return;
        }
        if let Some((_, answer)) = pickup::read_answer(message) {
            match answer {
                pickup::Answer::Delivery(delivery) => self.take_delivery(&mediation, delivery),
                pickup::Answer::Status(status) => {
                    self.offers_a_relay(&mediation, status.relay);
                    if status.live_delivery == Some(true) {
                        self.comes_live(mediator);
                    }
                    if let Some(visit) = self.visit_answered(&mediation, message) {
                        visit.waiting = Some(status.message_count);
                        // In 3.0 it says by this that nothing waits.
                        if status.message_count == 0 {
                            visit.has_nothing(now);
                        }
                    }
                }
            }
            return;
        }
        if let Some((version, answer)) = coordinate::read_answer(message) {
            match answer {
                coordinate::Answer::Grant(routing) => {
                    self.granted(mediation, version, routing, message);
                }
                coordinate::Answer::Deny => self.denied(mediation, message),
                coordinate::Answer::Updated(updated) => {
                    self.updated(&mediation, &updated, message);
                }
                coordinate::Answer::Recipients { .. } => {}
            }
            return;
        }
        if report_problem::is(message) {
            if pickup::is_live_mode_not_supported(message) {
                self.never_comes_live(mediator);
            }
            let visit = self.machine.visits.0.get_mut(&mediator.short());
            if let Some(visit) = visit
                && let Some(asked) = visit.asked.take_if(|asked| {
                    let thread = message.pthid.as_deref().unwrap_or(message.thread());
                    thread.eq_ignore_ascii_case(&asked.id)
                })
            {
                // Its word for not knowing us is its own matter.
                let problem = report_problem::read(message);
                let is_error = problem.is_some_and(|p| p.code.starts_with("e."));
                let is_doubtful =
                    is_error && asked.what != What::Mediate && visit.may_be_reminded(now);
                if let What::Received(ids) = asked.what {
                    visit.received.extend(ids);
                }
                visit.failed(now);
                if is_doubtful {
                    self.was_forgotten(&mediation);
                }
            }
        }
    }

    /// The visit, if this is the answer to what was asked; then nothing is asked any more.
    pub(super) fn visit_answered(
        &mut self,
        mediation: &Mediation,
        message: &Message,
    ) -> Option<&mut Visit> {
        let visit = self.machine.visits.0.get_mut(&mediation.mediator.short())?;
        let is_answer = |asked: &mut Asked| {
            // The examples of the specification omit the thread.
            message
                .thid
                .as_ref()
                .is_none_or(|thread| thread.eq_ignore_ascii_case(&asked.id))
        };
        let asked = visit.asked.take_if(is_answer)?;
        if let What::Received(ids) = asked.what {
            visit.acknowledge(ids);
        }
        visit.works(self.now);
        Some(visit)
    }

    fn take_delivery(&mut self, mediation: &Mediation, delivery: Delivery) {
        let (now, over) = (self.now, self.now.after(limit::OPENING));
        let count = delivery.messages.len();
        if let Some(visit) = self.machine.visits.0.get_mut(&mediation.mediator.short()) {
            visit.asked.take_if(|asked| asked.what == What::Fetch);
            visit.works(now);
            // There may be more behind these.
            match count {
                0 => visit.has_nothing(now),
                _ => visit.fetch_at = now,
            }
        }
        let mut mail = Vec::new();
        let mut is_news = false;
        let Some(visit) = self.machine.visits.0.get_mut(&mediation.mediator.short()) else {
            return;
        };
        for held in delivery.messages {
            match (held.id, held.envelope) {
                (Some(id), _) if visit.opening.contains(&id) => {}
                // The rest comes again.
                _ if visit.opening.len() >= OPENING => break,
                (Some(id), Some(envelope)) => {
                    // Opened all the same: a mediator that lost its disk gives its ids again.
                    is_news |= !visit.acknowledged.contains(&id);
                    visit.opening.insert(id.clone());
                    mail.push((id, envelope));
                }
                // It cannot be read: it must not stand before the others for ever.
                (Some(id), None) => {
                    is_news = true;
                    visit.received.insert(id);
                }
                (None, Some(envelope)) => mail.push((String::new(), envelope)),
                (None, None) => {}
            }
        }
        visit.opening_over = over;
        if !is_news {
            visit.fetch_later(now);
        }
        if !mail.is_empty() {
            let mediator = mediation.mediator.clone();
            self.step.effects.push(Effect::Open { mediator, mail });
        }
    }

    fn granted(
        &mut self,
        mut mediation: Mediation,
        version: coordinate::Version,
        routing: Vec<Did>,
        message: &Message,
    ) {
        let usable = |did: &Did| {
            let document = self.machine.document(did).ok()?;
            let posts = self.machine.routes(&document).posts();
            (!posts.is_empty()).then(|| did.clone())
        };
        let routing = routing.iter().find_map(usable);
        if !self.is_asked(&mediation, &What::Mediate) {
            return;
        }
        let Some(visit) = self.visit_answered(&mediation, message) else {
            return;
        };
        let is_told_again = std::mem::take(&mut visit.is_forgotten);
        if mediation.state == MediationState::Granted {
            // It was asked on suspicion, and may not have known us any more.
            if !is_told_again {
                self.forget_what_it_knows(&mediation);
            }
            mediation.routing = routing.or(mediation.routing);
            self.remember(Change::Mediation(Box::new(mediation)));
            return;
        }
        if mediation.state != MediationState::Asking {
            return;
        }
        let Some(routing) = routing else {
            mediation.state = MediationState::Refused;
            self.remember(Change::Mediation(Box::new(mediation)));
            return;
        };
        let replaced = mediation.replaces.take();
        mediation.state = MediationState::Granted;
        mediation.routing = Some(routing);
        mediation.version = match version {
            coordinate::Version::V2 => 2,
            coordinate::Version::V3 => 3,
        };
        self.remember(Change::Mediation(Box::new(mediation)));
        self.leave_for_another(replaced);
        self.keep_spares();
        self.mediators_changed();
    }

    /// It served us and no longer knows us, as after a loss of its disk: it is asked again, and told of
    /// all our DIDs.
    fn was_forgotten(&mut self, mediation: &Mediation) {
        if mediation.state != MediationState::Granted {
            return;
        }
        self.forget_what_it_knows(mediation);
        let mediator = mediation.mediator.short();
        if let Some(visit) = self.machine.visits.0.get_mut(&mediator) {
            visit.is_forgotten = true;
        }
    }

    /// It is to be told of all our DIDs again. Those that it should forget stay: perhaps it knows them.
    fn forget_what_it_knows(&mut self, mediation: &Mediation) {
        let mediator = mediation.mediator.short();
        let state = &self.machine.state;
        let is_used = |(short, _): &(&Did, &Did)| {
            let identity = state.identities.get(short);
            identity.is_some_and(|identity| identity.via.contains(&mediator))
        };
        let registered = state.registered(&mediator).into_iter().flatten();
        let registered: Vec<Did> = registered
            .filter(is_used)
            .map(|(_, did)| did.clone())
            .collect();
        for did in registered {
            let mediator = mediator.clone();
            self.remember(Change::Unregistered { mediator, did });
        }
        // What it hosts all the same keeps its link.
        self.forget_pages(mediation, |invitation| {
            invitation.state == InvitationState::Open
        });
        if let Some(visit) = self.machine.visits.0.get_mut(&mediator) {
            // It did not know whose they were.
            visit.refused.clear();
        }
    }

    fn is_asked(&self, mediation: &Mediation, what: &What) -> bool {
        let visit = self.machine.visits.0.get(&mediation.mediator.short());
        let asked = visit.and_then(|visit| visit.asked.as_ref());
        asked.is_some_and(|asked| asked.what == *what)
    }

    fn denied(&mut self, mut mediation: Mediation, message: &Message) {
        // One that served us and does so no more is asked again later, like one that is away.
        if mediation.state == MediationState::Granted && self.is_asked(&mediation, &What::Mediate) {
            let now = self.now;
            if let Some(visit) = self.machine.visits.0.get_mut(&mediation.mediator.short()) {
                visit.asked = None;
                visit.failed(now);
            }
            return;
        }
        if mediation.state == MediationState::Asking
            && self.visit_answered(&mediation, message).is_some()
        {
            mediation.state = MediationState::Refused;
            self.remember(Change::Mediation(Box::new(mediation)));
        }
    }

    fn updated(
        &mut self,
        mediation: &Mediation,
        updated: &[coordinate::Updated],
        message: &Message,
    ) {
        let mediator = mediation.mediator.short();
        let asked = self.machine.visits.0.get(&mediator);
        let Some(What::Update(updates)) = asked.and_then(|v| v.asked.as_ref()).map(|a| &a.what)
        else {
            return;
        };
        let updates = updates.clone();
        if self.visit_answered(mediation, message).is_none() {
            return;
        }
        let mut is_done = true;
        for (did, add) in updates {
            let result = updated.iter().find(|one| {
                let is_add = one.update.action == Action::Add;
                let same = Did::parse(&one.update.recipient_did).is_ok_and(|d| d.is_same_as(&did));
                is_add == add && same
            });
            match result.map(|one| one.result) {
                Some(Became::Success | Became::NoChange) => {
                    let mediator = mediator.clone();
                    self.remember(match add {
                        true => Change::Registered { mediator, did },
                        false => Change::Unregistered { mediator, did },
                    });
                }
                Some(Became::ClientError) => {
                    if let Some(visit) = self.machine.visits.0.get_mut(&mediator) {
                        visit.refused.insert(did.short());
                    }
                }
                Some(Became::ServerError) | None => is_done = false,
            }
        }
        let now = self.now;
        if let Some(visit) = self.machine.visits.0.get_mut(&mediator) {
            match is_done {
                true => visit.update_failures = 0,
                false => visit.update_failed(now),
            }
        }
        self.go_on_rotating();
    }
}
