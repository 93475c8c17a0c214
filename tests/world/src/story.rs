//! The words in which stories are told: who meets whom, writes, rotates, falls and comes back.

use std::time::Duration;

use signet_didcomm::out_of_band;
use signet_protocol::{
    command::{Answer, Command, Refused},
    contact::{ContactId, ContactState},
    invitation::Invitation,
    step::Outcome,
};

use crate::{
    World,
    dice::Dice,
    person::{Inlet, Who, Wish},
    wires::pair,
};

/// People come, go and fall.
impl World {
    /// A person who is reached straight.
    pub fn person(&mut self, name: &str) -> Who {
        self.add_person(name, Inlet::Direct)
    }

    /// A person with an HTTP endpoint of their own, which answers after the commit.
    pub fn person_on_http(&mut self, name: &str) -> Who {
        self.add_person(name, Inlet::Http)
    }

    /// A person whom only a hop reaches that takes custody and brings the envelopes later.
    pub fn person_behind_a_hop(&mut self, name: &str) -> Who {
        self.add_person(name, Inlet::Hop)
    }

    /// A person whom only mediators reach.
    pub fn person_behind_mediators(&mut self, name: &str) -> Who {
        self.add_person(name, Inlet::Mediated)
    }

    /// Whether the person's node runs.
    pub fn is_up(&self, who: Who) -> bool {
        self.people[who.0].messenger.is_some()
    }

    /// Whether everything that the person's machine decided is on disk.
    pub fn is_committed(&self, who: Who) -> bool {
        let person = &self.people[who.0];
        person.messenger.is_some() && person.open.is_empty() && person.committing.is_none()
    }

    /// The power goes, and stays away until [`World::restart`].
    pub fn crash(&mut self, who: Who) {
        if self.is_up(who) {
            self.fall(who.0, false);
        }
    }

    /// Starts again from what was committed.
    pub fn restart(&mut self, who: Who) {
        if !self.is_up(who) {
            self.rise(who.0);
        }
    }

    /// Falls, and comes back at once on another port.
    pub fn restart_elsewhere(&mut self, who: Who) {
        self.crash(who);
        self.people[who.0].port += 1;
        self.rise(who.0);
    }

    /// The next crash comes back on another port.
    pub fn moves(&mut self, who: Who) {
        self.people[who.0].port += 1;
    }

    /// These two cannot reach each other.
    pub fn partition(&mut self, a: Who, b: Who) {
        self.wires.cut.insert(pair(a.0, b.0));
        self.wires.connected.remove(&pair(a.0, b.0));
    }

    /// These two can reach each other again.
    pub fn heal(&mut self, a: Who, b: Who) {
        self.wires.cut.remove(&pair(a.0, b.0));
    }

    /// The wire at this person answers all envelopes this way, and the machine sees none.
    pub fn answer_all(&mut self, who: Who, outcome: Option<Outcome>) {
        self.people[who.0].always = outcome;
    }

    /// The wire at this person answers the next envelope this way, and the machine does not see it.
    pub fn answer_next(&mut self, who: Who, outcome: Outcome) {
        self.people[who.0].scripted.push_back(outcome);
    }
}

/// What people do.
impl World {
    /// Any command, done at once and committed soon.
    ///
    /// # Errors
    /// As the machine refuses.
    pub fn command(&mut self, who: Who, command: Command) -> Result<Answer, Refused> {
        self.obey(who, command)
    }

    /// A one-time invitation.
    pub fn invite(&mut self, who: Who) -> Invitation {
        self.invite_for(who, false, None)
    }

    /// A reusable invitation.
    pub fn invite_all(&mut self, who: Who) -> Invitation {
        self.invite_for(who, true, None)
    }

    /// An invitation of any kind.
    pub fn invite_for(
        &mut self,
        who: Who,
        reusable: bool,
        expires: Option<Duration>,
    ) -> Invitation {
        match self.obey(
            who,
            Command::Invite {
                reusable,
                expires,
                note: None,
            },
        ) {
            Ok(Answer::Invitation(invitation)) => *invitation,
            other => panic!("an invitation was expected, not {other:?}"),
        }
    }

    /// Accepts an invitation by its link.
    ///
    /// # Errors
    /// As the machine refuses.
    pub fn accept(&mut self, who: Who, url: &str) -> Result<ContactId, Refused> {
        let invitation = out_of_band::Invitation::from_url(url).expect("a readable link");
        self.accept_read(who, invitation)
    }

    /// Accepts an invitation that was read already.
    ///
    /// # Errors
    /// As the machine refuses.
    pub fn accept_read(
        &mut self,
        who: Who,
        invitation: out_of_band::Invitation,
    ) -> Result<ContactId, Refused> {
        match self.obey(
            who,
            Command::Accept {
                invitation: Box::new(invitation),
                note: None,
            },
        )? {
            Answer::Contact(contact) => Ok(contact),
            other => panic!("a contact was expected, not {other:?}"),
        }
    }

    /// Two people who have met, each a new one unless the name is taken.
    pub fn acquainted(&mut self, a: &str, b: &str) -> (Who, Who) {
        let [a, b] = [a, b].map(|name| {
            let known = self.people.iter().position(|p| p.name == name);
            known.map_or_else(|| self.person(name), Who)
        });
        self.meet(a, b);
        (a, b)
    }

    /// `a` invites, `b` accepts, and nobody crashes meanwhile.
    pub fn meet(&mut self, a: Who, b: Who) {
        let crashing = std::mem::take(&mut self.crashing);
        let invitation = self.invite(a);
        self.accept(b, &invitation.url).expect("a good invitation");
        self.settle();
        self.crashing = crashing;
        assert_eq!(
            self.standing(a, b),
            ContactState::Connected,
            "they have met"
        );
        assert_eq!(
            self.standing(b, a),
            ContactState::Connected,
            "they have met"
        );
    }

    /// Writes, and repeats the command with the same id until it is on disk. Yields the id.
    pub fn send(&mut self, from: Who, to: Who, text: &str) -> String {
        let contact = self.contact(from, to);
        self.send_to(from, contact, text).expect("one may write")
    }

    /// Writes to a contact.
    ///
    /// # Errors
    /// As the machine refuses.
    pub fn send_to(
        &mut self,
        from: Who,
        contact: ContactId,
        text: &str,
    ) -> Result<String, Refused> {
        let id = self.rng.uuid();
        self.say(
            from,
            Wish {
                contact,
                id: id.clone(),
                text: text.to_owned(),
            },
        )?;
        Ok(id)
    }

    /// Sends a failed message again.
    ///
    /// # Errors
    /// As the machine refuses.
    pub fn resend(&mut self, from: Who, to: Who, text: &str) -> Result<(), Refused> {
        let entry = self.own_entry(from, to, text).clone();
        let attempt = entry.delivery.as_ref().expect("an own entry").attempt;
        let command = Command::Resend {
            contact: entry.contact,
            id: entry.id,
            text: text.to_owned(),
            attempt,
        };
        self.obey(from, command).map(|_| ())
    }

    /// Moves to a fresh DID towards one contact.
    pub fn rotate(&mut self, who: Who, with: Who) {
        let contact = self.contact(who, with);
        self.obey(who, Command::Rotate(Some(vec![contact])))
            .expect("one may rotate");
    }

    /// Moves to fresh DIDs towards everybody.
    pub fn rotate_all(&mut self, who: Who) {
        self.obey(who, Command::Rotate(None))
            .expect("one may rotate");
    }

    /// Takes another name.
    pub fn rename(&mut self, who: Who, name: &str) {
        self.obey(who, Command::SetName(name.to_owned()))
            .expect("a good name");
    }
}
