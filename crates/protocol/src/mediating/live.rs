//! The connection on which a mediator sends what comes, so that nothing waits for the next fetch.
//!
//! Whatever comes by it is acknowledged like what is fetched, and fetching goes on behind it, less
//! often: a connection may lose what it was given.

use rand_core::CryptoRng;
use signet_didcomm::{did::Did, envelope, message::new_id, message_pickup as pickup};

use crate::{
    command::Answer,
    limit,
    mediation::{Mediation, MediationState},
    step::Effect,
    time::Timestamp,
    turn::Turn,
    visit::{Live, backoff},
};

impl<R: CryptoRng> Turn<'_, R> {
    /// Sees to the live connection of a mediator that serves us, if it has a place for one.
    pub(crate) fn keep_live(&mut self, mediator: &Did) {
        let now = self.now;
        let Some(visit) = self.machine.visits.0.get_mut(mediator) else {
            return;
        };
        match visit.live {
            Live::Opening | Live::Open => return,
            Live::Over(until) if until > now => {
                visit.at = visit.at.min(until);
                return;
            }
            Live::Unasked | Live::Over(_) => {}
        }
        let Some(mediation) = self.machine.state.mediation(mediator).cloned() else {
            return;
        };
        match mediation.state {
            MediationState::Granted | MediationState::Leaving => {}
            MediationState::Asking | MediationState::Refused => return,
        }
        if let Some((uri, envelope)) = self.live_request(&mediation) {
            if let Some(visit) = self.machine.visits.0.get_mut(mediator) {
                visit.live = Live::Opening;
            }
            self.packed += 1;
            self.step.effects.push(Effect::Listen {
                mediator: mediation.mediator,
                uri,
                envelope,
            });
        }
    }

    fn live_request(&mut self, mediation: &Mediation) -> Option<(String, Vec<u8>)> {
        let document = self.machine.document(&mediation.mediator).ok()?;
        let is_socket = |uri: &&String| uri.starts_with("wss://") || uri.starts_with("ws://");
        let uri = document
            .endpoints()
            .map(|at| &at.uri)
            .find(is_socket)?
            .clone();
        let us = self
            .machine
            .state
            .identities
            .get(&mediation.my_did.short())?;
        let request = pickup::Request::Live(true);
        let mut message = request.to_message(new_id(self.rng), pickup::Version::V3);
        message.created_time = Some(self.now.seconds());
        message.from = Some(mediation.my_did.clone());
        message.to = vec![mediation.mediator.clone()];
        let packed = envelope::authcrypt(&message, &us.keys, &document, self.rng).ok()?;
        Some((uri, packed))
    }

    /// The mediator says that mail comes by the live connection.
    pub(crate) fn comes_live(&mut self, mediator: &Did) {
        if let Some(visit) = self.machine.visits.0.get_mut(&mediator.short())
            && visit.live == Live::Opening
        {
            visit.live = Live::Open;
            visit.live_failures = 0;
        }
    }

    /// The mediator says that no mail comes by it.
    pub(crate) fn never_comes_live(&mut self, mediator: &Did) {
        let until = self.now.after(limit::NOT_LIVE);
        if let Some(visit) = self.machine.visits.0.get_mut(&mediator.short()) {
            visit.live = Live::Over(until);
            let mediator = mediator.clone();
            self.step.effects.push(Effect::Unlisten { mediator });
        }
    }

    /// The live connection stands, or is over. Either way something may wait by now.
    pub(crate) fn learn_of_live(&mut self, mediator: &Did, is_open: bool) -> Answer {
        let now = self.now;
        if let Some(visit) = self.machine.visits.0.get_mut(&mediator.short()) {
            if !is_open {
                visit.live = Live::Over(now.after(backoff(visit.live_failures)));
                visit.live_failures = visit.live_failures.saturating_add(1);
            }
            visit.fetch_at = visit.fetch_at.min(now);
            visit.at = Timestamp(0);
        }
        Answer::Done
    }
}
