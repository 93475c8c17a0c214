//! Packing one outgoing message for one attempt: under today's DIDs, with the proof of a rotation
//! while it is unconfirmed, and with the acknowledgements that are owed.

use rand_core::CryptoRng;
use signet_didcomm::{
    did::Did,
    envelope::{self, ContentCipher, PackError},
    from_prior,
    message::{Message, new_id},
    protocols::empty,
};

use crate::{
    change::Change,
    contact::{Contact, ContactId, Rotation},
    limit,
    outgoing::{Outgoing, Purpose},
    step::Reach,
    turn::{Destination, Turn, blank},
    wire::Attempt,
};

impl<R: CryptoRng> Turn<'_, R> {
    /// Packs one message, or bare acknowledgements, and hands it out.
    pub(crate) fn send(
        &mut self,
        contact: &Contact,
        document: &signet_didcomm::document::Document,
        to: &Destination,
        outgoing: Option<Outgoing>,
        acks: Vec<String>,
    ) {
        let id = contact.id;
        let ending = outgoing
            .as_ref()
            .is_some_and(|o| o.purpose == Purpose::Ending);
        let mut message = match &outgoing {
            Some(outgoing) => outgoing.message.clone(),
            None => blank(new_id(self.rng), empty::EMPTY, self.now),
        };
        if let Some(mut outgoing) = outgoing.clone() {
            if outgoing.purpose == Purpose::Entry {
                outgoing.order = Some(outgoing.order.unwrap_or_else(|| self.next_order(id)));
                message.sender_order = outgoing.order;
                if outgoing
                    != *self
                        .machine
                        .state
                        .outgoing(id, &outgoing.message.id)
                        .unwrap_or(&outgoing)
                {
                    self.remember(Change::Outgoing(Box::new(outgoing.clone())));
                }
            }
            match outgoing.purpose {
                Purpose::Entry | Purpose::Profile | Purpose::Addresses | Purpose::Rotation => {
                    message.please_ack = vec![String::new()];
                }
                Purpose::Reply | Purpose::Ending => {}
            }
        }
        message.ack.clone_from(&acks);
        message.to = vec![match reads_short(contact) {
            true => contact.their_did.short(),
            false => contact.their_did.clone(),
        }];
        let packed = if ending {
            self.pack_ending(contact, message, document)
        } else {
            self.pack(contact, message, document)
        };

        let name = outgoing.map(|outgoing| outgoing.message.id);
        match packed {
            Ok(envelope) => {
                let attempt = Attempt {
                    contact: Some(id),
                    mediator: None,
                    message: name,
                    acks,
                    between: Some((contact.my_did.clone(), contact.their_did.clone())),
                    begun: self.now,
                    over: self.now.after(limit::ATTEMPT),
                };
                // A mediator was told the long form, and may know no other.
                let next = &contact.their_did;
                self.perform(attempt, envelope, next, to, Reach::Anywhere);
            }
            Err(_) => {
                let now = self.now;
                let wire = self.machine.wires.entry(id).or_default();
                match name {
                    Some(name) => wire.refuse(&name, now),
                    None => wire.failed(now, now),
                }
            }
        }
    }

    fn pack(
        &mut self,
        contact: &Contact,
        mut message: Message,
        document: &signet_didcomm::document::Document,
    ) -> Result<Vec<u8>, PackError> {
        let Some(us) = self.machine.state.identities.get(&contact.my_did.short()) else {
            return Err(PackError::NoKey);
        };
        message.from = Some(if contact.my_did_known && reads_short(contact) {
            contact.my_did.short()
        } else {
            contact.my_did.clone()
        });
        if let Rotation::Announcing { from_prior, .. } = &contact.rotation {
            message.from_prior = Some(from_prior.clone());
        }
        envelope::authcrypt(&message, &us.keys, document, self.rng)
    }

    /// Without `from` it cannot be authcrypt; the prior DID's proof says whose end it is.
    fn pack_ending(
        &mut self,
        contact: &Contact,
        mut message: Message,
        document: &signet_didcomm::document::Document,
    ) -> Result<Vec<u8>, PackError> {
        let Some(us) = self
            .machine
            .state
            .identities
            .get(&Did::short(&contact.my_did))
        else {
            return Err(PackError::NoKey);
        };
        let known = match &contact.rotation {
            Rotation::Settled => us,
            Rotation::Announcing { prior, .. } => self
                .machine
                .state
                .identities
                .get(&prior.short())
                .unwrap_or(us),
        };
        let proof = from_prior::sign(&known.keys, &known.did, None, self.now.seconds())
            .map_err(|_| PackError::NoKey)?;
        message.from_prior = Some(proof);
        envelope::anoncrypt(&message, document, ContentCipher::A256CbcHs512, self.rng)
    }

    pub(crate) fn destination(
        &self,
        contact: &Contact,
    ) -> Option<(signet_didcomm::document::Document, Destination)> {
        let document = self.machine.document(&contact.their_did).ok()?;
        let mut routes = self.machine.routes(&document);
        if contact.mediated_only {
            routes.straight.clear();
        }
        if routes.is_empty() {
            return None;
        }
        let addresses = contact
            .addresses
            .as_ref()
            .filter(|_| !contact.mediated_only);
        let addresses = addresses.map(|a| a.multi_addrs.clone()).unwrap_or_default();
        Some((document, Destination { routes, addresses }))
    }

    fn next_order(&mut self, contact: ContactId) -> u64 {
        let order = self.machine.state.progress(contact).last_order + 1;
        self.count(contact, |progress| progress.last_order = order);
        order
    }
}

/// Whether the contact's software takes the short form of a did:peer:4 for the long one, which is
/// many times as long and stands in an envelope several times.
fn reads_short(contact: &Contact) -> bool {
    contact.is_signet || contact.uses_short
}
