//! A mediator that does not answer for a day: while another one does, our DIDs name that one only, which
//! is a rotation of every contact. What it says again later undoes it.
//!
//! Agents of other makes may use the first endpoint and no other.

use rand_core::CryptoRng;
use signet_didcomm::did::Did;

use crate::{
    change::Change,
    limit,
    mediation::{Mediation, MediationState},
    turn::Turn,
};

impl<R: CryptoRng> Turn<'_, R> {
    /// Notes that a mediator of ours is silent, and for how long.
    pub(super) fn heed_silence(&mut self, mediation: &mut Mediation) {
        let visit = self.machine.visits.0.get(&mediation.mediator.short());
        if mediation.state != MediationState::Granted
            || !visit.is_some_and(|v| v.is_silent(self.now))
        {
            return;
        }
        let now = self.now;
        match mediation.silent_since {
            None => mediation.silent_since = Some(now),
            Some(since)
                if !mediation.away
                    && now.since(since) >= limit::SILENT
                    && self.another_answers(mediation) =>
            {
                mediation.away = true;
            }
            Some(_) => return,
        }
        self.remember(Change::Mediation(Box::new(mediation.clone())));
        if mediation.away {
            self.mediators_changed();
        }
    }

    /// It answered what it was asked.
    pub(super) fn heed_answer(&mut self, mediator: &Did) {
        let Some(mut mediation) = self.machine.state.mediation(mediator).cloned() else {
            return;
        };
        if mediation.silent_since.take().is_none() {
            return;
        }
        let was_away = std::mem::take(&mut mediation.away);
        self.remember(Change::Mediation(Box::new(mediation)));
        if was_away {
            self.mediators_changed();
        }
    }

    fn another_answers(&self, silent: &Mediation) -> bool {
        let mut others = self.machine.state.mediations();
        others.any(|other| {
            let visit = self.machine.visits.0.get(&other.mediator.short());
            !other.mediator.is_same_as(&silent.mediator)
                && other.endpoint().is_some()
                && other.silent_since.is_none()
                && visit.is_some_and(|visit| visit.heard.is_some() && visit.failures == 0)
        })
    }
}
