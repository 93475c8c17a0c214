//! What happened, for whoever listens: tiny notices, made from committed changes only.

use serde::Serialize;
use signet_protocol::{
    Change, Messenger,
    contact::{Contact, ContactId, ContactState, Rotation},
    entry::{Direction, Kind, Line},
};

use crate::view;

/// One notice. Fields that say nothing are left out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Event {
    /// `message.received`, `message.sent`, `message.state`, `contact.added`, `contact.changed`,
    /// `contact.rotated`, `contact.ended`, `contact.read`, `invitation.changed`, `network.state`,
    /// `rotation.progress`, `mediator.state`, `profile.changed`, `node.stopped` or `rpc.ended`.
    pub kind: &'static str,
    /// Whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a message or an invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of an own message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<view::State>,
    /// The words of a received message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The contact's notifications are off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// For the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}

impl Event {
    pub(crate) fn of(kind: &'static str) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    fn about(kind: &'static str, contact: ContactId, machine: &Messenger) -> Self {
        let known = machine.contact(contact);
        Self {
            kind,
            contact: Some(contact.to_string()),
            name: known
                .map(|c| c.shown_name().to_owned())
                .filter(|name| !name.is_empty()),
            muted: known.is_some_and(|c| c.muted),
            ..Self::default()
        }
    }
}

/// The contacts as they were last told of, as far as notices compare.
pub(crate) type Shown = std::collections::BTreeMap<ContactId, (ContactState, Rotation)>;

/// The notices of a committed group of changes.
pub(crate) fn of_changes(changes: &[Change], shown: &mut Shown, machine: &Messenger) -> Vec<Event> {
    changes
        .iter()
        .filter_map(|change| of_change(change, shown, machine))
        .collect()
}

fn of_change(change: &Change, shown: &mut Shown, machine: &Messenger) -> Option<Event> {
    let about = |kind, contact| Event::about(kind, contact, machine);
    match change {
        Change::Profile(_) => Some(Event::of("profile.changed")),
        Change::Contact(contact) => Some(about(of_contact(contact, shown), contact.id)),
        Change::ContactDeleted(contact) => Some(about("contact.changed", *contact)),
        Change::Invitation(invitation) => Some(Event {
            id: Some(invitation.id.clone()),
            ..Event::of("invitation.changed")
        }),
        Change::Entry(entry) => {
            let id = Some(entry.id.clone());
            match (&entry.kind, entry.direction) {
                (Kind::Message { text, .. }, Direction::In) => Some(Event {
                    id,
                    text: Some(text.clone()),
                    ..about("message.received", entry.contact)
                }),
                (Kind::Message { .. }, Direction::Out | Direction::None) => Some(Event {
                    id,
                    state: Some(view::State::Queued),
                    ..about("message.sent", entry.contact)
                }),
                (Kind::Line(Line::TheyChanged), _) => Some(Event {
                    id,
                    ..about("contact.rotated", entry.contact)
                }),
                (Kind::Line(_), _) => Some(Event {
                    id,
                    ..about("line.added", entry.contact)
                }),
            }
        }
        Change::EntryDelivery {
            contact,
            id,
            delivery,
        } => Some(Event {
            id: Some(id.clone()),
            state: Some(delivery.state.into()),
            ..about("message.state", *contact)
        }),
        Change::Mediation(mediation) => Some(Event {
            id: Some(mediation.mediator.to_string()),
            ..Event::of("mediator.state")
        }),
        Change::MediationRemoved(mediator) => Some(Event {
            id: Some(mediator.to_string()),
            ..Event::of("mediator.state")
        }),
        Change::Registered { .. }
        | Change::Unregistered { .. }
        | Change::Progress { .. }
        | Change::Identity(_)
        | Change::IdentityDestroyed(_)
        | Change::Outgoing(_)
        | Change::OutgoingDone { .. }
        | Change::Early(_)
        | Change::EarlyPlaced { .. }
        | Change::Seen { .. } => None,
    }
}

fn of_contact(contact: &Contact, shown: &mut Shown) -> &'static str {
    match shown.insert(contact.id, (contact.state, contact.rotation.clone())) {
        None if contact.state == ContactState::Requested => "contact.requested",
        None => "contact.added",
        Some((state, _)) if state != contact.state && contact.state == ContactState::Ended => {
            "contact.ended"
        }
        Some((_, rotation)) if rotation != contact.rotation => "rotation.progress",
        Some(_) => "contact.changed",
    }
}
