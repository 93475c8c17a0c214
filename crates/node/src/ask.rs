//! What the screens ask, by theme.

mod export;
mod mediators;
mod meeting;
mod network;
mod people;
mod profile;
mod words;

use signet_protocol::{
    contact::{Contact, ContactState, EndReason},
    entry::DeliveryState,
};

use crate::view;

impl From<DeliveryState> for view::State {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Queued => Self::Queued,
            DeliveryState::Failed => Self::Failed,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Read => Self::Read,
        }
    }
}

/// What to call somebody in a sentence.
pub(crate) fn called(contact: &Contact) -> String {
    let name = contact.shown_name();
    match (&contact.note, name.is_empty()) {
        (_, false) => name.to_owned(),
        (Some(note), true) => note.clone(),
        (None, true) => "your contact".to_owned(),
    }
}

fn state_word(state: ContactState) -> &'static str {
    match state {
        ContactState::Requested => "requested",
        ContactState::Answering => "answering",
        ContactState::Connected => "connected",
        ContactState::NotFollowing => "not following",
        ContactState::Disputed => "disputed",
        ContactState::Ended => "ended",
        ContactState::Blocked => "blocked",
    }
}

fn end_sentence(name: &str, reason: EndReason) -> String {
    match reason {
        EndReason::ByThem => format!("{name} has ended this relationship."),
        EndReason::ByUs => "You ended this relationship.".into(),
        EndReason::InvitationUsed => {
            "This invitation has been used. It was for one person. Ask for another one.".into()
        }
        EndReason::InvitationExpired => "This invitation has expired. Ask for another one.".into(),
        EndReason::InvitationRevoked => {
            "This invitation was taken back. Ask for another one.".into()
        }
        EndReason::Refused => "Your request was not accepted.".into(),
    }
}
