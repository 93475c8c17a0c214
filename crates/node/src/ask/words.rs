//! Conversations: pages of them, and writing.

use signet_protocol::{
    command::Command,
    contact::{Contact, ContactId},
    entry::{self, Kind, Line, Remark, Route},
};

use super::{called, end_sentence, people::is_reachable};
use crate::{
    Node,
    unlock::random,
    view::{self, ViewError},
};

/// Entries of one page at most.
const PAGE: usize = 500;
/// Characters of a glimpse.
const SNIPPET: usize = 200;

impl Node {
    /// The newest `limit` entries (at most 500) before the sequence number `before`, oldest first.
    ///
    /// # Errors
    /// One sentence if there is no such contact.
    pub async fn history(
        &self,
        contact: ContactId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<view::Entry>, ViewError> {
        let known = self.known(contact).await?;
        let entries = self
            .history_of(move |store| {
                store
                    .history(contact, before, limit.min(PAGE))
                    .map_err(ViewError::new)
            })
            .await?;
        Ok(entries
            .into_iter()
            .map(|entry| shown(&known, entry))
            .collect())
    }

    /// The entry with this message id.
    ///
    /// # Errors
    /// One sentence if there is no such contact.
    pub async fn entry(
        &self,
        contact: ContactId,
        id: &str,
    ) -> Result<Option<view::Entry>, ViewError> {
        let known = self.known(contact).await?;
        let id = id.to_owned();
        let entry = self
            .history_of(move |store| store.entry(contact, &id).map_err(ViewError::new))
            .await?;
        Ok(entry.map(|entry| shown(&known, entry)))
    }

    /// The conversation that holds the message with this id.
    ///
    /// # Errors
    /// One sentence if none does.
    pub async fn whose(&self, id: &str) -> Result<ContactId, ViewError> {
        let contacts = self.names().await?;
        let id = id.to_owned();
        self.history_of(move |store| {
            for contact in contacts.into_keys() {
                if store.entry(contact, &id).map_err(ViewError::new)?.is_some() {
                    return Ok(contact);
                }
            }
            Err(ViewError::new(format!(
                "no conversation holds a message {id:?}"
            )))
        })
        .await
    }

    /// Writes to a contact; yields the message id once it is committed. A repeated id sends once.
    ///
    /// # Errors
    /// One sentence: the relationship does not stand, the text is empty or too long, the outbox full.
    pub async fn send(
        &self,
        id: Option<String>,
        contact: ContactId,
        text: &str,
        reply_to: Option<String>,
    ) -> Result<String, ViewError> {
        let is_fresh = id.is_none();
        let id = match id {
            Some(id) => check_id(&id)?,
            None => fresh_id()?,
        };
        let send = Command::Send {
            id: id.clone(),
            contact,
            text: text.to_owned(),
            reply_to,
        };
        match is_fresh {
            true => self.command(send).await?,
            false => self.repeated(send).await?,
        };
        Ok(id)
    }

    /// Sends a failed message again.
    ///
    /// # Errors
    /// One sentence if there is none, or it has not failed.
    pub async fn resend(&self, contact: ContactId, id: &str) -> Result<(), ViewError> {
        let asked = id.to_owned();
        let entry = self
            .history_of(move |store| store.entry(contact, &asked).map_err(ViewError::new))
            .await?;
        let Some((Kind::Message { text, .. }, Some(delivery))) =
            entry.map(|entry| (entry.kind, entry.delivery))
        else {
            return Err(ViewError::new("there is no message of yours with this id"));
        };
        if delivery.state != entry::DeliveryState::Failed {
            return Err(ViewError::new("this message has not failed"));
        }
        let id = id.to_owned();
        self.command(Command::Resend {
            contact,
            id,
            text,
            attempt: delivery.attempt,
        })
        .await
        .map(drop)
    }

    /// The person has read up to this entry; `None` for all.
    ///
    /// # Errors
    /// One sentence if there is no such contact.
    pub async fn read(&self, contact: ContactId, up_to: Option<u64>) -> Result<(), ViewError> {
        self.command(Command::Read {
            contact,
            up_to: up_to.unwrap_or(u64::MAX),
        })
        .await?;
        self.tell(crate::event::Event {
            contact: Some(contact.to_string()),
            ..crate::event::Event::of("contact.read")
        });
        Ok(())
    }

    async fn known(&self, contact: ContactId) -> Result<Contact, ViewError> {
        let known = self
            .look(move |look| look.machine.contact(contact).cloned())
            .await?;
        known.ok_or_else(|| ViewError::new("there is no such contact"))
    }
}

/// Ids are written in lower case and hold only what any agent accepts.
fn check_id(id: &str) -> Result<String, ViewError> {
    let fits = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
    if fits {
        Ok(id.to_ascii_lowercase())
    } else {
        Err(ViewError::new(
            "a message id has 1 to 64 letters, digits or -._~",
        ))
    }
}

fn fresh_id() -> Result<String, ViewError> {
    use rand::{SeedableRng, rngs::StdRng};
    Ok(signet_didcomm::message::new_id(&mut StdRng::from_seed(
        random()?,
    )))
}

fn shown(contact: &Contact, entry: entry::Entry) -> view::Entry {
    let (kind, text, reply_to, line) = match entry.kind {
        Kind::Message { text, reply_to } => ("message", text, reply_to, None),
        Kind::Line(line) => (
            "line",
            line_text(contact, &line),
            None,
            Some(line_word(&line).to_owned()),
        ),
    };
    let delivery = entry.delivery;
    let remark = delivery.as_ref().and_then(|delivery| {
        let waits = delivery.state == entry::DeliveryState::Queued;
        let in_vain = || waits && !is_reachable(contact);
        delivery
            .remark
            .or_else(|| in_vain().then_some(Remark::Unreachable))
    });
    let route = delivery.as_ref().and_then(|delivery| delivery.route);
    view::Entry {
        id: entry.id,
        seq: entry.seq,
        contact: entry.contact.to_string(),
        kind: kind.to_owned(),
        direction: entry.direction.into(),
        text,
        reply_to,
        state: delivery.map(|delivery| delivery.state.into()),
        time: entry.time.0,
        route: route.map(|route| match route {
            Route::Direct => "direct".to_owned(),
            Route::Http => "http".to_owned(),
            Route::Mediator => "mediator".to_owned(),
            Route::Relayed => "relayed".to_owned(),
        }),
        reason: remark.map(|remark| remark_sentence(&called(contact), remark)),
        my_did: entry.my_did.to_string(),
        their_did: entry.their_did.to_string(),
        signed: entry
            .proof
            .as_ref()
            .is_some_and(|proof| proof.signer_kid.is_some()),
        proof: entry.proof.map(|proof| view::Proof {
            sender_kid: proof.sender_kid,
            recipient_kid: proof.recipient_kid,
            algorithms: proof.algorithms,
            received: proof.received.0,
        }),
        line,
    }
}

pub(super) fn snippet(contact: &Contact, entry: &entry::Entry) -> view::Snippet {
    let (text, line) = match &entry.kind {
        Kind::Message { text, .. } => (text.chars().take(SNIPPET).collect(), None),
        Kind::Line(line) => (line_text(contact, line), Some(line_word(line).to_owned())),
    };
    let state = entry
        .delivery
        .as_ref()
        .map(|delivery| delivery.state.into());
    view::Snippet {
        text,
        time: entry.time.0,
        direction: entry.direction.into(),
        state,
        line,
    }
}

fn line_word(line: &Line) -> &'static str {
    match line {
        Line::Connected => "connected",
        Line::TheyChanged => "they-changed",
        Line::WeChanged => "we-changed",
        Line::Ended(_) => "ended",
        Line::Unknown { .. } => "unknown",
    }
}

fn line_text(contact: &Contact, line: &Line) -> String {
    let name = called(contact);
    match line {
        Line::Connected => format!("You and {name} are connected."),
        Line::TheyChanged => format!("{name} changed identity, confirmed by the previous one."),
        Line::WeChanged => "You changed identity, confirmed by the previous one.".into(),
        Line::Ended(reason) => end_sentence(&name, *reason),
        Line::Unknown { message_type } => format!(
            "{name} sent something that this version of Signet cannot show ({message_type})."
        ),
    }
}

fn remark_sentence(name: &str, remark: Remark) -> String {
    match remark {
        Remark::NoWay => format!("No way to {name} opened for 30 days."),
        Remark::Ended => "The relationship ended first.".into(),
        Remark::Unconfirmed => format!("The software of {name} does not confirm."),
        Remark::Unreachable => format!("{name} names no way by which Signet could reach them."),
    }
}

impl From<entry::Direction> for view::Direction {
    fn from(direction: entry::Direction) -> Self {
        match direction {
            entry::Direction::In => Self::In,
            entry::Direction::Out => Self::Out,
            entry::Direction::None => Self::None,
        }
    }
}
