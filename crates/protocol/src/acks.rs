//! Acknowledgements: those that we get, and those that we owe.

use rand_core::CryptoRng;
use signet_didcomm::protocols::empty;

use crate::{
    change::Change,
    contact::ContactId,
    entry::{Delivery, DeliveryState},
    limit, outgoing,
    receive::Opened,
    turn::Turn,
};

impl<R: CryptoRng> Turn<'_, R> {
    /// The contact acknowledges these messages of ours.
    pub(crate) fn take_acks(&mut self, contact: ContactId, acks: &[String], repeated: bool) {
        for ack in acks.iter().take(limit::ACKS) {
            let acked = self.machine.state.outgoing(contact, ack).or_else(|| {
                let lower = ack.to_ascii_lowercase();
                self.machine.state.outgoing(contact, &lower)
            });
            let Some(acked) = acked.cloned() else {
                if repeated {
                    continue;
                }
                // Given up before, or said before: history takes it if it is news.
                let news = Delivery {
                    attempt: 0,
                    state: DeliveryState::Delivered,
                    route: None,
                    at: self.now,
                    remark: None,
                };
                self.deliver_news(contact, ack, news);
                continue;
            };
            self.remember(Change::OutgoingDone {
                contact,
                id: acked.message.id.clone(),
            });
            self.count(contact, |progress| progress.ever_acked = true);
            if acked.purpose == outgoing::Purpose::Entry {
                let route = acked.custody.map(|custody| custody.route);
                let news = Delivery {
                    attempt: acked.attempt,
                    state: DeliveryState::Delivered,
                    route,
                    at: self.now,
                    remark: None,
                };
                self.deliver_news(contact, &acked.message.id, news);
            }
            let now = self.now;
            let wire = self.machine.wires.entry(contact).or_default();
            wire.forgive(&acked.message.id);
            wire.passed_over(acked.place, now);
            self.take_up_what_was_passed_over(contact);
        }
        if !acks.is_empty() {
            self.machine.agenda.at_once(contact);
        }
    }

    /// A later message arrived, and these rest somewhere without an answer: they are lost, or close to
    /// it. Each goes again once for an acknowledgement that passed it over.
    pub(crate) fn take_up_what_was_passed_over(&mut self, contact: ContactId) {
        let Some((place, acked)) = self.wire(contact).and_then(|wire| wire.passed) else {
            return;
        };
        let now = self.now;
        let outbox = self.machine.state.outbox(contact);
        let rests = outbox.take_while(|o| o.place < place);
        let rests = rests.filter_map(|o| Some((o, o.custody?.at)));
        let (mut lost, mut next) = (Vec::new(), None);
        for (outgoing, since) in rests.filter(|(_, since)| *since <= acked) {
            let over = since.after(limit::PASSED_OVER);
            match over < now {
                true => lost.push(outgoing.clone()),
                false => next = next.into_iter().chain([over]).min(),
            }
        }
        let wire = self.machine.wires.entry(contact).or_default();
        wire.passed_next = next;
        if next.is_none() {
            wire.passed = None;
        }
        for mut outgoing in lost {
            outgoing.custody = None;
            self.remember(Change::Outgoing(Box::new(outgoing)));
        }
    }

    /// Whoever asks for an acknowledgement gets one, for a repeat too, once this step is on disk.
    pub(crate) fn owe_ack(&mut self, contact: ContactId, opened: &Opened) {
        let message = &opened.unpacked.message;
        let asks = message
            .please_ack
            .iter()
            .any(|id| id.is_empty() || id.eq_ignore_ascii_case(&message.id));
        let pure_ack =
            !message.ack.is_empty() && message.kind().is_some_and(|kind| kind.is(empty::EMPTY));
        if !asks || pure_ack {
            return;
        }
        let id = message.id.clone();
        self.count(contact, |progress| {
            if progress.acks_owed.len() < limit::ACKS && !progress.acks_owed.contains(&id) {
                progress.acks_owed.push(id);
            }
        });
        self.machine.agenda.at_once(contact);
    }
}
