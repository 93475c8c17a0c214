//! Meeting: invitations, their answers, and requests.
//!
//! `accept` at once sends our profile with `pthid` and `send_back_yours`; the inviter's first
//! message, its own profile with `from_prior`, answers. Every invitation has its own DID, so an
//! answer without `pthid` is recognised too.

use std::time::Duration;

use rand_core::CryptoRng;
use signet_didcomm::{
    did::{Did, Method, peer2},
    document::{self, Endpoint},
    message::{Message, new_id},
    protocols::{out_of_band, user_profile},
};

use crate::{
    addresses::GOAL_CODE,
    change::Change,
    command::{Answer, Refused},
    contact::{Contact, ContactId, ContactState, Need, Rotation},
    entry::Line,
    identity::{Identity, Purpose},
    invitation::{Invitation, InvitationState},
    limit, outgoing,
    receive::Rejected,
    stranger::{INVITATION_EXPIRED, INVITATION_REVOKED, INVITATION_USED, REFUSED},
    turn::{Turn, fresh_contact},
};

/// Links stay scannable: a QR code of version 24 at level M.
const LONGEST_LINK: usize = 900;
/// What stands before the query; any reader takes any scheme that carries `_oob`.
const LINK_BASE: &str = "signet://invitation";

impl<R: CryptoRng> Turn<'_, R> {
    /// Makes an invitation with a DID of its own.
    pub(crate) fn invite(
        &mut self,
        reusable: bool,
        expires: Option<Duration>,
        note: Option<String>,
    ) -> Result<Answer, Refused> {
        check_note(note.as_deref())?;
        let open = self
            .machine
            .state
            .invitations
            .values()
            .filter(|i| i.state == InvitationState::Open)
            .count();
        if open >= limit::INVITATIONS {
            return Err(Refused::TooMany {
                what: "open invitations",
            });
        }
        let id = new_id(self.rng);
        let expires = expires.map(|wait| self.now.after(wait));
        let (did, keys, url) = self.shortest_link(&id, expires.map(|e| e.seconds()));
        self.remember(Change::Identity(Box::new(Identity {
            did: did.clone(),
            keys,
            purpose: Purpose::Invitation(id.clone()),
            created: self.now,
            via: self.machine.state.via(),
        })));
        let invitation = Invitation {
            id,
            did,
            state: InvitationState::Open,
            reusable,
            created: self.now,
            expires,
            note,
            url,
            page: None,
        };
        self.remember(Change::Invitation(invitation.clone()));
        Ok(Answer::Invitation(Box::new(invitation)))
    }

    /// Names as many of our addresses as the link has room for.
    fn shortest_link(
        &mut self,
        id: &str,
        expires: Option<u64>,
    ) -> (Did, signet_didcomm::key::SecretKeys, String) {
        let link = |did: &Did| {
            let mut message = out_of_band::Invitation::new(id, did.clone());
            message.goal_code = Some(GOAL_CODE.to_owned());
            message.accept = vec!["didcomm/v2".to_owned()];
            message.expires_time = expires;
            message.to_url(LINK_BASE)
        };
        // Invitations carry a did:peer:2, which every agent reads.
        if let Some((did, keys)) = self.take_spare(Need {
            reads_peer4: false,
            mediated_only: false,
        }) {
            let url = link(&did);
            return (did, keys, url);
        }
        let mut endpoints: Vec<Endpoint> = self.machine.endpoints(false);
        loop {
            let (did, keys) = peer2::create(&endpoints, self.rng);
            let url = link(&did);
            let longest = endpoints
                .iter_mut()
                .max_by_key(|e| e.multi_addrs.len())
                .filter(|e| !e.multi_addrs.is_empty());
            match longest {
                Some(endpoint) if url.len() > LONGEST_LINK => {
                    endpoint.multi_addrs.pop();
                }
                Some(_) | None => return (did, keys, url),
            }
        }
    }

    pub(crate) fn revoke(&mut self, id: &str) -> Result<Answer, Refused> {
        let mut invitation = self
            .machine
            .state
            .invitations
            .get(id)
            .cloned()
            .ok_or(Refused::NoInvitation)?;
        if invitation.state != InvitationState::Open {
            return Err(Refused::NotOpen);
        }
        invitation.state = InvitationState::Revoked;
        self.remember(Change::Invitation(invitation));
        Ok(Answer::Done)
    }

    /// Answers somebody's invitation.
    pub(crate) fn accept(
        &mut self,
        invitation: &out_of_band::Invitation,
        note: Option<String>,
    ) -> Result<Answer, Refused> {
        check_note(note.as_deref())?;
        let them = &invitation.from;
        if self.machine.state.identities.contains_key(&them.short()) {
            return Err(Refused::OwnInvitation);
        }
        if let Some(known) = self.machine.state.by_their_did(them)
            && known.state != ContactState::Ended
        {
            return Err(Refused::KnownInvitation {
                contact: known.id,
                name: known.shown_name().to_owned(),
            });
        }
        if invitation
            .expires_time
            .is_some_and(|expires| expires < self.now.seconds())
        {
            return Err(Refused::ExpiredInvitation);
        }
        if !invitation.accept.is_empty()
            && !invitation
                .accept
                .iter()
                .any(|profile| profile == "didcomm/v2")
        {
            return Err(Refused::Incompatible);
        }
        let document = document::resolve(them);
        let document = document.map_err(|error| Refused::UnreadableDid(error.to_string()))?;
        if document.agreement_keys().next().is_none() {
            return Err(Refused::NoKey);
        }

        let is_signet = invitation.goal_code.as_deref() == Some(GOAL_CODE);
        let reads_peer4 = is_signet || them.method() == Method::Peer4Long;
        let need = Need {
            reads_peer4,
            mediated_only: false,
        };
        let (did, keys) = self.pairwise(them, need);
        let id = fresh_contact(self.rng);
        self.remember(Change::Identity(Box::new(Identity {
            did: did.clone(),
            keys,
            purpose: Purpose::Contact(id),
            created: self.now,
            via: self.machine.state.via(),
        })));
        let mut contact = self.new_contact(
            id,
            ContactState::Answering,
            did,
            them.clone(),
            &invitation.id,
        );
        contact.note = note;
        contact.is_signet = is_signet;
        contact.reads_peer4 = reads_peer4;
        contact.told_profile = self.machine.state.profile.revision;
        self.remember(Change::Contact(Box::new(contact)));
        let mut message = self.profile_message(true);
        message.pthid = Some(invitation.id.clone());
        self.queue(id, message, outgoing::Purpose::Profile, 1);
        Ok(Answer::Contact(id))
    }

    /// A stranger wrote to the DID of an invitation. Yields the contact that this made, if any.
    pub(crate) fn answered(
        &mut self,
        invitation: &str,
        them: &Did,
        message: &Message,
    ) -> Result<Option<ContactId>, Rejected> {
        let Some(mut invitation) = self.machine.state.invitations.get(invitation).cloned() else {
            return Err(Rejected::Stranger);
        };
        let report = match invitation.state {
            InvitationState::Used(_) => Some((
                INVITATION_USED,
                "This invitation was for one person and has been used.",
            )),
            InvitationState::Revoked => {
                Some((INVITATION_REVOKED, "This invitation was taken back."))
            }
            InvitationState::Open
                if invitation.expires.is_some_and(|expires| expires < self.now) =>
            {
                Some((INVITATION_EXPIRED, "This invitation has expired."))
            }
            InvitationState::Open => None,
        };
        if let Some((code, comment)) = report {
            if let Some(us) = self
                .machine
                .state
                .identities
                .get(&invitation.did.short())
                .cloned()
            {
                self.report_to_stranger(&us, them, &invitation.id, &message.id, code, comment);
            }
            return Ok(None);
        }
        let requests = self
            .machine
            .state
            .contacts
            .values()
            .filter(|c| c.state == ContactState::Requested)
            .count();
        if invitation.reusable && requests >= limit::REQUESTS {
            return Err(Rejected::Full);
        }

        let id = fresh_contact(self.rng);
        let state = if invitation.reusable {
            ContactState::Requested
        } else {
            ContactState::Connected
        };
        let mut contact = self.new_contact(
            id,
            state,
            invitation.did.clone(),
            them.clone(),
            &invitation.id,
        );
        contact.invited_by_us = true;
        contact.note.clone_from(&invitation.note);
        contact.my_did_known = true;
        self.remember(Change::Contact(Box::new(contact)));
        if !invitation.reusable {
            invitation.state = InvitationState::Used(id);
            self.remember(Change::Invitation(invitation));
            self.connect(id);
        }
        Ok(Some(id))
    }

    /// The person answers a request.
    pub(crate) fn answer_request(
        &mut self,
        id: ContactId,
        accept: bool,
    ) -> Result<Answer, Refused> {
        let contact = self.contact(id).cloned().ok_or(Refused::NoContact)?;
        if contact.state != ContactState::Requested {
            return Err(Refused::NotRequested {
                name: contact.shown_name().to_owned(),
            });
        }
        if accept {
            self.edit(id, |contact| contact.state = ContactState::Connected);
            self.connect(id);
            return Ok(Answer::Contact(id));
        }
        if let Some(us) = self
            .machine
            .state
            .identities
            .get(&contact.my_did.short())
            .cloned()
        {
            let thread = contact.invitation.clone();
            self.report_to_stranger(
                &us,
                &contact.their_did,
                &thread,
                &thread,
                REFUSED,
                "The request was refused.",
            );
        }
        self.remember(Change::ContactDeleted(id));
        self.machine.forget(id);
        Ok(Answer::Done)
    }

    /// An invitation is answered by a rotation: from its public DID to a pairwise one.
    fn connect(&mut self, id: ContactId) {
        self.rotate(id);
        self.say(id, Line::Connected);
    }

    /// What contacts see of us.
    pub(crate) fn profile_message(&mut self, send_back_yours: bool) -> Message {
        let display_name = user_profile::Change::Set(self.machine.state.profile.name.clone());
        let ours = user_profile::Profile {
            display_name,
            send_back_yours,
            ..user_profile::Profile::default()
        };
        let mut message = user_profile::profile(new_id(self.rng), &ours);
        message.created_time = Some(self.now.seconds());
        message
    }

    fn new_contact(
        &self,
        id: ContactId,
        state: ContactState,
        my_did: Did,
        their_did: Did,
        invitation: &str,
    ) -> Contact {
        Contact {
            id,
            created: self.now,
            state,
            ended: None,
            told_name: String::new(),
            name: None,
            note: None,
            muted: false,
            reads_peer4: their_did.method() == Method::Peer4Long,
            their_did,
            their_retired: Vec::new(),
            my_did,
            my_did_known: false,
            my_retired: Vec::new(),
            rotation: Rotation::Settled,
            wants_rotation: false,
            mediated_only: false,
            addresses: None,
            invitation: invitation.to_owned(),
            invited_by_us: false,
            is_signet: false,
            uses_short: false,
            profile_asked_by: None,
            told_profile: 0,
            told_addresses: self.addresses_told_by_a_fresh_did(),
        }
    }
}

pub(crate) fn check_note(note: Option<&str>) -> Result<(), Refused> {
    if note.is_some_and(|note| note.len() > limit::NOTE) {
        return Err(Refused::TooLong { limit: limit::NOTE });
    }
    Ok(())
}
