//! Contacts: the list, one of them, and what one does to them.

use std::collections::BTreeMap;

use signet_didcomm::document;
use signet_protocol::{
    command::{Answer, Command},
    contact::{Contact, ContactId, ContactState, Progress, Rotation},
};
use signet_store::Store;

use super::{called, end_sentence, state_word, words};
use crate::{
    Node,
    run::Look,
    view::{self, ViewError},
};

/// Unread messages are counted up to this.
const UNREAD: usize = 100;

/// A contact as the loop knows it, before history is asked.
struct Known {
    contact: Contact,
    progress: Progress,
    online: bool,
    relayed: bool,
}

impl Node {
    /// All contacts, the newest conversation first.
    ///
    /// # Errors
    /// One sentence if the node has stopped or history cannot be read.
    pub async fn contacts(&self) -> Result<Vec<view::Contact>, ViewError> {
        let known = self
            .look(|look| {
                look.machine
                    .contacts()
                    .map(|c| known(look, c))
                    .collect::<Vec<_>>()
            })
            .await?;
        self.history_of(move |store| {
            let mut contacts = known
                .iter()
                .map(|known| shown(store, known))
                .collect::<Result<Vec<_>, _>>()?;
            contacts.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.contact.cmp(&b.contact)));
            Ok(contacts)
        })
        .await
    }

    /// One contact.
    ///
    /// # Errors
    /// One sentence if there is none with this id.
    pub async fn contact(&self, id: ContactId) -> Result<view::Contact, ViewError> {
        let known = self
            .look(move |look| look.machine.contact(id).map(|c| known(look, c)))
            .await?;
        let known = known.ok_or_else(|| ViewError::new("there is no such contact"))?;
        self.history_of(move |store| shown(store, &known)).await
    }

    /// The contact with this id, or with this name if only one has it.
    ///
    /// # Errors
    /// One sentence if there is none, or more than one.
    pub async fn find(&self, id_or_name: &str) -> Result<ContactId, ViewError> {
        let asked = id_or_name.trim().to_owned();
        let id = ContactId::parse(&asked);
        let wanted = asked.to_lowercase();
        let found = self
            .look(move |look| {
                if let Some(contact) = id.and_then(|id| look.machine.contact(id)) {
                    return vec![contact.id];
                }
                let all = look.machine.contacts();
                all.filter(|c| called(c).to_lowercase() == wanted)
                    .map(|c| c.id)
                    .collect()
            })
            .await?;
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(ViewError::new(format!("nobody here is called {asked:?}"))),
            [_, _, ..] => Err(ViewError::new(format!(
                "several contacts are called {asked:?}: use the id"
            ))),
        }
    }

    /// Gives a contact a name of one's own; `None` takes it back.
    ///
    /// # Errors
    /// One sentence.
    pub async fn rename(&self, contact: ContactId, name: Option<String>) -> Result<(), ViewError> {
        self.command(Command::Rename { contact, name })
            .await
            .map(drop)
    }

    /// Notify no more, or again.
    ///
    /// # Errors
    /// One sentence.
    pub async fn mute(&self, contact: ContactId, muted: bool) -> Result<(), ViewError> {
        self.command(Command::Mute { contact, muted })
            .await
            .map(drop)
    }

    /// Goes through mediators only to a contact, or straight again.
    ///
    /// # Errors
    /// One sentence: one of the two has no mediator.
    pub async fn mediated_only(&self, contact: ContactId, on: bool) -> Result<(), ViewError> {
        self.command(Command::MediatedOnly { contact, on })
            .await
            .map(drop)
    }

    /// Block, or unblock.
    ///
    /// # Errors
    /// One sentence.
    pub async fn block(&self, contact: ContactId, blocked: bool) -> Result<(), ViewError> {
        self.command(Command::Block { contact, blocked })
            .await
            .map(drop)
    }

    /// Forgets a contact and its history.
    ///
    /// # Errors
    /// One sentence.
    pub async fn delete(&self, contact: ContactId) -> Result<(), ViewError> {
        self.command(Command::Delete(contact)).await.map(drop)
    }

    /// Ends a relationship; the contact is told.
    ///
    /// # Errors
    /// One sentence.
    pub async fn end(&self, contact: ContactId) -> Result<(), ViewError> {
        self.command(Command::End(contact)).await.map(drop)
    }

    /// Moves to fresh DIDs towards these contacts; `None` for all. Yields whose rotation began.
    ///
    /// # Errors
    /// One sentence.
    pub async fn rotate(
        &self,
        contacts: Option<Vec<ContactId>>,
    ) -> Result<Vec<ContactId>, ViewError> {
        match self.command(Command::Rotate(contacts)).await? {
            Answer::Started(contacts) => Ok(contacts),
            Answer::Done | Answer::Contact(_) | Answer::Invitation(_) | Answer::Mediator(_) => {
                Ok(Vec::new())
            }
        }
    }

    /// How far the rotations of all contacts have come.
    ///
    /// # Errors
    /// One sentence if the node has stopped.
    pub async fn rotation(&self) -> Result<view::RotationView, ViewError> {
        self.look(|look| {
            let standing: Vec<&Contact> = look
                .machine
                .contacts()
                .filter(|c| c.state == ContactState::Connected)
                .collect();
            let waiting: Vec<view::Waiting> = standing
                .iter()
                .filter(|c| c.is_rotating())
                .map(|c| view::Waiting {
                    contact: c.id.to_string(),
                    name: called(c),
                })
                .collect();
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            view::RotationView {
                total: count(standing.len()),
                confirmed: count(standing.len() - waiting.len()),
                waiting,
            }
        })
        .await
    }

    /// What to call each contact, for sentences about several.
    pub(crate) async fn names(&self) -> Result<BTreeMap<ContactId, Contact>, ViewError> {
        self.look(|look| look.machine.contacts().map(|c| (c.id, c.clone())).collect())
            .await
    }
}

/// Whether their DID names an endpoint that we can use, and may.
pub(super) fn is_reachable(contact: &Contact) -> bool {
    if contact.mediated_only {
        return is_mediated(contact);
    }
    let usable = |uri: &str| {
        uri.starts_with("libp2p-peerId:") || uri.starts_with("http") || uri.starts_with("did:")
    };
    document::resolve(&contact.their_did).is_ok_and(|d| d.endpoints().any(|e| usable(&e.uri)))
}

/// Whether their DID names a mediator.
fn is_mediated(contact: &Contact) -> bool {
    document::resolve(&contact.their_did).is_ok_and(|document| {
        let mut endpoints = document.endpoints();
        endpoints.any(|at| at.uri.starts_with("did:") || !at.routing_keys.is_empty())
    })
}

fn known(look: &Look, contact: &Contact) -> Known {
    let document = document::resolve(&contact.their_did).ok();
    let endpoints = document.iter().flat_map(|document| document.endpoints());
    let peers = endpoints.filter_map(|e| e.uri.strip_prefix("libp2p-peerId:"));
    let connected: Vec<&str> = peers.filter(|&peer| look.peers.contains(peer)).collect();
    let online = !connected.is_empty();
    Known {
        contact: contact.clone(),
        progress: look.machine.progress(contact.id),
        online,
        relayed: online && connected.iter().all(|&peer| look.relayed.contains(peer)),
    }
}

fn shown(store: &Store, known: &Known) -> Result<view::Contact, ViewError> {
    let Known {
        contact,
        progress,
        online,
        relayed,
    } = known;
    let newest = store
        .history(contact.id, None, 1)
        .map_err(ViewError::new)?
        .pop();
    let unread = store
        .unread(contact.id, progress.read_up_to, UNREAD)
        .map_err(ViewError::new)?;
    let last = newest.map(|entry| words::snippet(contact, &entry));
    let rotation = match (&contact.rotation, contact.wants_rotation) {
        (Rotation::Announcing { .. }, _) => "announcing",
        (Rotation::Settled, true) => "waiting",
        (Rotation::Settled, false) => "settled",
    };
    Ok(view::Contact {
        contact: contact.id.to_string(),
        name: contact.shown_name().to_owned(),
        told_name: Some(contact.told_name.clone()).filter(|name| !name.is_empty()),
        note: contact.note.clone(),
        state: state_word(contact.state).to_owned(),
        reason: contact
            .ended
            .map(|reason| end_sentence(&called(contact), reason)),
        my_did: contact.my_did.to_string(),
        their_did: contact.their_did.to_string(),
        verified: false,
        color: contact.id.0[0] % 8,
        online: *online,
        relayed: *relayed,
        confirms: progress.ever_acked,
        reachable: is_reachable(contact),
        mediated: is_mediated(contact),
        mediated_only: contact.mediated_only,
        unread: u32::try_from(unread).unwrap_or(u32::MAX),
        time: last.as_ref().map_or(contact.created.0, |last| last.time),
        last,
        muted: contact.muted,
        created: contact.created.0,
        rotation: rotation.to_owned(),
    })
}
