//! What people see on their screens, and what their disks hold.

use signet_protocol::{
    Messenger,
    contact::{Contact, ContactId, ContactState, Progress, Rotation},
    entry::{Delivery, DeliveryState, Direction, Entry, Kind, Line},
    invitation::Invitation,
    outgoing::Outgoing,
    rendezvous::Meeting,
};

use crate::{World, person::Who};

/// What people see. Screens read only what is committed; contacts are the machine's.
impl World {
    /// The contact that one person has for another; the newest if there are several.
    pub fn contact(&self, who: Who, with: Who) -> ContactId {
        let name = &self.people[with.0].name;
        self.contacts(who, with)
            .pop()
            .unwrap_or_else(|| panic!("no contact for {name}"))
    }

    /// All contacts that one person has for another, oldest first.
    pub fn contacts(&self, who: Who, with: Who) -> Vec<ContactId> {
        let dids = &self.people[with.0].ever;
        let mut contacts: Vec<&Contact> = self.people[who.0]
            .contacts()
            .filter(|c| {
                let mut theirs =
                    std::iter::once(&c.their_did).chain(c.their_retired.iter().map(|r| &r.did));
                theirs.any(|did| dids.contains_key(did.short().as_str()))
            })
            .collect();
        contacts.sort_by_key(|c| (c.created, c.id));
        contacts.into_iter().map(|c| c.id).collect()
    }

    /// The record of a contact.
    pub fn relation(&self, who: Who, with: Who) -> &Contact {
        self.relation_by_id(who, self.contact(who, with))
            .expect("the contact is there")
    }

    /// The record of a contact, by id.
    pub fn relation_by_id(&self, who: Who, id: ContactId) -> Option<&Contact> {
        self.people[who.0].contacts().find(|c| c.id == id)
    }

    /// How one person meets another at a rendezvous point.
    pub fn meeting(&self, who: Who, with: Who) -> Meeting {
        let machine = self.people[who.0].messenger.as_ref();
        let machine = machine.expect("the person is up");
        machine.meeting(self.relation(who, with), None)
    }

    /// How many contacts a person has.
    pub fn contact_count(&self, who: Who) -> usize {
        self.people[who.0].contacts().count()
    }

    /// The contacts of a person in this state.
    pub fn contacts_that_are(&self, who: Who, state: ContactState) -> Vec<ContactId> {
        self.people[who.0]
            .contacts()
            .filter(|c| c.state == state)
            .map(|c| c.id)
            .collect()
    }

    /// Where a relationship stands.
    pub fn standing(&self, who: Who, with: Who) -> ContactState {
        self.relation(who, with).state
    }

    /// Both know each other by the same, current DIDs, and no move is unconfirmed.
    ///
    /// # Panics
    /// If it is not so.
    pub fn assert_agreed(&self, a: Who, b: Who) {
        let (ours, theirs) = (self.relation(a, b), self.relation(b, a));
        assert_eq!(
            (ours.state, theirs.state),
            (ContactState::Connected, ContactState::Connected)
        );
        assert!(
            ours.my_did.is_same_as(&theirs.their_did),
            "they know our DID"
        );
        assert!(theirs.my_did.is_same_as(&ours.their_did), "we know theirs");
        assert_eq!(
            (&ours.rotation, &theirs.rotation),
            (&Rotation::Settled, &Rotation::Settled)
        );
        assert!(!ours.wants_rotation && !theirs.wants_rotation);
    }

    /// The counters of a contact.
    pub fn progress(&self, who: Who, contact: ContactId) -> Progress {
        self.up(who).progress(contact)
    }

    /// What is under way to a contact.
    pub fn outbox(&self, who: Who, with: Who) -> Vec<&Outgoing> {
        self.up(who).outgoing(self.contact(who, with)).collect()
    }

    /// The invitations of a person.
    pub fn invitations(&self, who: Who) -> Vec<Invitation> {
        self.up(who).invitations().cloned().collect()
    }

    fn up(&self, who: Who) -> &Messenger {
        self.people[who.0]
            .messenger
            .as_ref()
            .expect("one who is down shows nothing")
    }

    /// The whole committed conversation.
    pub fn history(&self, who: Who, contact: ContactId) -> Vec<&Entry> {
        self.people[who.0].ledger.history(contact).collect()
    }

    /// The texts that one person got from another, in the order in which a screen shows them.
    pub fn read(&self, who: Who, from: Who) -> Vec<String> {
        self.read_from(who, self.contact(who, from))
    }

    /// The texts that a person got from a contact.
    pub fn read_from(&self, who: Who, contact: ContactId) -> Vec<String> {
        let entries = self.people[who.0].ledger.history(contact);
        entries
            .filter(|e| e.direction == Direction::In)
            .filter_map(text_of)
            .map(str::to_owned)
            .collect()
    }

    /// What the house says in a conversation.
    pub fn lines(&self, who: Who, with: Who) -> Vec<Line> {
        let entries = self.people[who.0].ledger.history(self.contact(who, with));
        let lines = entries.filter_map(|e| match &e.kind {
            Kind::Line(line) => Some(line.clone()),
            Kind::Message { .. } => None,
        });
        lines.collect()
    }

    pub(crate) fn own_entry(&self, who: Who, to: Who, text: &str) -> &Entry {
        self.own_entry_in(who, self.contact(who, to), text)
    }

    fn own_entry_in(&self, who: Who, contact: ContactId, text: &str) -> &Entry {
        let mut entries = self.people[who.0].ledger.history(contact);
        let found = entries.find(|e| e.direction == Direction::Out && text_of(e) == Some(text));
        found.unwrap_or_else(|| panic!("{text} was never written"))
    }

    /// How far an own message has come, with all that is known of it.
    pub fn delivery(&self, who: Who, to: Who, text: &str) -> Delivery {
        self.own_entry(who, to, text)
            .delivery
            .clone()
            .expect("own entries have one")
    }

    /// How far an own message to a contact has come.
    pub fn delivery_in(&self, who: Who, contact: ContactId, text: &str) -> Delivery {
        self.own_entry_in(who, contact, text)
            .delivery
            .clone()
            .expect("own entries have one")
    }

    /// How far an own message has come.
    pub fn state(&self, who: Who, to: Who, text: &str) -> DeliveryState {
        self.delivery(who, to, text).state
    }

    /// Own messages that are not `delivered`, as text and state.
    pub fn undelivered(&self, who: Who, to: Who) -> Vec<(String, DeliveryState)> {
        let entries = self.people[who.0].ledger.history(self.contact(who, to));
        let own =
            entries.filter_map(|e| Some((text_of(e)?.to_owned(), e.delivery.as_ref()?.state)));
        own.filter(|(_, state)| *state < DeliveryState::Delivered)
            .collect()
    }

    /// The disk's view of everything a machine holds, to compare before and after.
    pub fn records(&self, who: Who) -> Vec<u8> {
        let mut bytes = Vec::new();
        for record in self.up(who).records() {
            bytes.extend(serde_json::to_vec(&record).expect("a record can be written"));
        }
        bytes
    }

    /// Why a person's machine turned envelopes away, oldest first.
    pub fn rejections(&self, who: Who) -> Vec<String> {
        self.people[who.0].rejections.iter().cloned().collect()
    }
}

fn text_of(entry: &Entry) -> Option<&str> {
    match &entry.kind {
        Kind::Message { text, .. } => Some(text),
        Kind::Line(_) => None,
    }
}
