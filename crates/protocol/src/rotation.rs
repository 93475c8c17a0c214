//! Rotation: moving one relationship to a fresh DID.
//!
//! Every message carries `from_prior` until the contact writes to the current DID; then the prior
//! one is retired, and opens late mail for a while. Source: DIDComm Messaging v2.1, "DID Rotation".

use rand_core::CryptoRng;
use signet_didcomm::{did::Did, from_prior};

use crate::{
    change::Change,
    contact::{Contact, ContactId, ContactState, EndReason, Retired, Rotation},
    entry::{Delivery, DeliveryState, Line, Remark},
    identity::{Identity, Purpose},
    invitation::InvitationState,
    limit, outgoing,
    turn::{Turn, same},
};

impl<R: CryptoRng> Turn<'_, R> {
    /// Moves to a fresh DID towards this contact. The caller saw that no move is unconfirmed.
    pub(crate) fn rotate(&mut self, id: ContactId) {
        let Some(contact) = self.contact(id).cloned() else {
            return;
        };
        let Some(prior) = self
            .machine
            .state
            .identities
            .get(&contact.my_did.short())
            .cloned()
        else {
            return;
        };
        let (did, keys) = self.pairwise(&contact.their_did, contact.need());
        let Ok(proof) = from_prior::sign(&prior.keys, &prior.did, Some(&did), self.now.seconds())
        else {
            return;
        };
        self.remember(Change::Identity(Box::new(Identity {
            did: did.clone(),
            keys,
            purpose: Purpose::Contact(id),
            created: self.now,
            via: self.machine.state.via(),
        })));
        let now = self.now;
        let addresses = self.addresses_told_by_a_fresh_did();
        let from_invitation = matches!(prior.purpose, Purpose::Invitation(_));
        self.edit(id, |contact| {
            contact.my_did = did;
            contact.my_did_known = false;
            contact.wants_rotation = false;
            contact.told_addresses = addresses;
            contact.rotation = Rotation::Announcing {
                prior: prior.did,
                from_prior: proof,
                since: now,
            };
        });
        if !from_invitation {
            self.say(id, Line::WeChanged);
        }
        self.try_again_what_rests(id);
    }

    /// The contact wrote to our current DID: the move is confirmed, and the prior DID retired.
    pub(crate) fn confirm_rotation(&mut self, id: ContactId) {
        let now = self.now;
        self.edit(id, |contact| {
            contact.my_did_known = true;
            if let Rotation::Announcing { prior, .. } =
                std::mem::replace(&mut contact.rotation, Rotation::Settled)
            {
                contact.my_retired.push(Retired {
                    did: prior,
                    since: now,
                });
            }
        });
        self.withdraw(id, outgoing::Purpose::Rotation);
    }

    /// The contact moved to another DID, and its previous one proved it.
    pub(crate) fn follow(&mut self, id: ContactId, to: &Did) {
        let now = self.now;
        let first = self
            .contact(id)
            .is_some_and(|c| c.state == ContactState::Answering);
        self.edit(id, |contact| {
            let prior = std::mem::replace(&mut contact.their_did, to.clone());
            contact.their_retired.push(Retired {
                did: prior,
                since: now,
            });
            contact.uses_short = false;
        });
        self.try_again_what_rests(id);
        if !first {
            self.say(id, Line::TheyChanged);
        }
    }

    /// The relationship is over. What is under way has failed; what arrived stays.
    pub(crate) fn finish(&mut self, id: ContactId, reason: EndReason) {
        self.edit(id, |contact| {
            contact.state = ContactState::Ended;
            contact.ended = Some(reason);
            contact.wants_rotation = false;
        });
        self.say(id, Line::Ended(reason));
        let under_way: Vec<_> = self
            .machine
            .state
            .outbox(id)
            .map(|o| {
                (
                    o.message.id.clone(),
                    o.purpose,
                    o.attempt,
                    o.custody.is_some(),
                )
            })
            .collect();
        for (message, purpose, attempt, custody) in under_way {
            if purpose == outgoing::Purpose::Entry && !custody {
                let state = DeliveryState::Failed;
                let remark = Some(Remark::Ended);
                self.deliver_news(
                    id,
                    &message,
                    Delivery {
                        attempt,
                        state,
                        route: None,
                        at: self.now,
                        remark,
                    },
                );
            }
            self.remember(Change::OutgoingDone {
                contact: id,
                id: message,
            });
        }
    }

    /// Destroys the DIDs of ours that have been retired for the whole grace time. True when something
    /// is due but must wait for the clock to prove itself.
    pub(crate) fn destroy_retired(&mut self, contact: &Contact, settled: bool) -> bool {
        let due: Vec<Did> = contact
            .my_retired
            .iter()
            .filter(|retired| self.now.since(retired.since) >= limit::GRACE)
            .map(|retired| retired.did.clone())
            .collect();
        if due.is_empty() || !settled {
            return !due.is_empty();
        }
        self.edit(contact.id, |c| {
            c.my_retired
                .retain(|retired| !due.iter().any(|did| same(did, &retired.did)))
        });
        for did in due {
            if !self.stands_in_invitation(&did) {
                self.remember(Change::IdentityDestroyed(did));
            }
        }
        false
    }

    /// An invitation's DID outlives the relationships that began with it: late answers are told why.
    fn stands_in_invitation(&self, did: &Did) -> bool {
        let Some(identity) = self.machine.state.identities.get(&did.short()) else {
            return false;
        };
        match &identity.purpose {
            Purpose::Contact(_) | Purpose::Mediator(_) | Purpose::Spare => false,
            Purpose::Invitation(id) => {
                self.machine
                    .state
                    .invitations
                    .get(id)
                    .is_some_and(|i| match i.state {
                        InvitationState::Open | InvitationState::Revoked => true,
                        InvitationState::Used(_) => self.now.since(i.created) < limit::NO_CUSTODY,
                    })
            }
        }
    }

    /// One of us moved: messages that rest under a left DID may never be read, so they go again,
    /// but never to somebody who acknowledges nothing.
    fn try_again_what_rests(&mut self, id: ContactId) {
        if !self.machine.state.progress(id).ever_acked {
            return;
        }
        let resting: Vec<_> = self
            .machine
            .state
            .outbox(id)
            .filter(|o| o.custody.is_some())
            .cloned()
            .collect();
        for mut outgoing in resting {
            outgoing.custody = None;
            self.remember(Change::Outgoing(Box::new(outgoing)));
        }
        self.machine.wires.entry(id).or_default().works();
        self.machine.agenda.at_once(id);
    }
}
