//! One envelope, from its bytes to what goes back.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use signet_didcomm::{
    did::Did,
    document::{self, Document},
    envelope::UnpackError,
    message_pickup::Version,
};
use signet_protocol::{
    Verdict,
    mediator::{
        Change, Facts, Fetch, HostedId, MailId, Mailbox, MailboxError, Mediator, Outcome, Question,
        Request, Response, Unread, Way, limit,
    },
    time::Timestamp,
};

use crate::{live::Live, metrics::Metrics};

/// Documents looked up for one envelope: its sender's, and that of the DID its sender left.
const DOCUMENTS: usize = 2;

/// What every connection shares.
pub struct Desk<M> {
    mediator: Mediator,
    /// The same as a did:web.
    web: Option<Mediator>,
    mailbox: M,
    /// Who waits for mail here.
    pub live: Live,
    /// What is counted.
    pub metrics: Metrics,
}

/// By which of its DIDs the mediator was addressed: whoever knows it by one hears it under that one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Name {
    /// The one that its invitation names.
    #[default]
    Own,
    /// Its did:web.
    Web,
}

/// What became of an envelope.
#[derive(Debug, Default)]
pub struct Handled {
    /// To whom it was addressed.
    pub name: Name,
    /// What follows.
    pub response: Response,
    /// Mail that its recipient has, so that nobody need hold it back.
    pub received: BTreeSet<MailId>,
    /// Set if an account went on under another DID: the one it left, and the other.
    pub moved: Option<(Did, Did)>,
}

impl<M: Mailbox> Desk<M> {
    /// A desk for this mediator, which may be known by a did:web too, and its mailbox.
    pub fn new(mediator: Mediator, web: Option<Mediator>, mailbox: M) -> Arc<Self> {
        Arc::new(Self {
            mediator,
            web,
            mailbox,
            live: Live::default(),
            metrics: Metrics::default(),
        })
    }

    /// The mediator, as its invitation names it.
    pub fn mediator(&self) -> &Mediator {
        &self.mediator
    }

    fn known_as(&self, name: Name) -> &Mediator {
        match (name, &self.web) {
            (Name::Web, Some(web)) => web,
            (Name::Own | Name::Web, _) => &self.mediator,
        }
    }

    /// Its memory.
    pub fn mailbox(&self) -> &M {
        &self.mailbox
    }

    /// Does what an envelope asks for. What goes back rests on what is durable by then.
    pub async fn handle(&self, envelope: &[u8], way: &mut Way) -> Handled {
        let now = now();
        let refused = |verdict| Handled {
            response: Response {
                refused: Some(verdict),
                ..Response::default()
            },
            ..Handled::default()
        };
        let handled = match self.read(envelope, now).await {
            Ok((name, request)) => match self.carry_out(name, request, way, now).await {
                Ok(handled) => handled,
                Err(error) => {
                    self.metrics.failures.more();
                    tracing::warn!(%error, "the mailbox did not answer");
                    refused(Verdict::Later)
                }
            },
            Err(Turned::Away(error)) => {
                self.metrics.failures.more();
                tracing::warn!(%error, "the mailbox did not answer");
                refused(Verdict::Later)
            }
            Err(Turned::Unread(unread)) => {
                tracing::debug!(%unread, "an envelope was turned away");
                refused(Verdict::No)
            }
        };
        match handled.response.refused {
            None => self.metrics.taken.more(),
            Some(Verdict::Later) => self.metrics.put_off.more(),
            Some(Verdict::No) => self.metrics.refused.more(),
        }
        handled
    }

    async fn read(&self, envelope: &[u8], now: Timestamp) -> Result<(Name, Request), Turned> {
        let read = self.read_as(&self.mediator, envelope, now).await;
        match (read, &self.web) {
            (Err(Turned::Unread(Unread::Envelope(UnpackError::NotForMe))), Some(web)) => {
                let read = self.read_as(web, envelope, now).await;
                read.map(|request| (Name::Web, request))
            }
            (read, _) => read.map(|request| (Name::Own, request)),
        }
    }

    async fn read_as(
        &self,
        mediator: &Mediator,
        envelope: &[u8],
        now: Timestamp,
    ) -> Result<Request, Turned> {
        let mut known: Vec<Document> = Vec::new();
        loop {
            let read = mediator.read(envelope, &known, now, &mut rand::rng());
            match read {
                Ok(request) => return Ok(request),
                Err(Unread::NeedsDocument(did)) if known.len() < DOCUMENTS => {
                    let question = Question::Account(did.clone());
                    let facts = self.mailbox.look(question, now).await;
                    let document = match facts.map_err(Turned::Away)? {
                        Facts::Account(kept) => document::resolve(&kept).ok(),
                        _ => None,
                    };
                    let missing = || Turned::Unread(Unread::NeedsDocument(did));
                    known.push(document.ok_or_else(missing)?);
                }
                Err(unread) => return Err(Turned::Unread(unread)),
            }
        }
    }

    async fn carry_out(
        &self,
        name: Name,
        mut request: Request,
        way: &mut Way,
        now: Timestamp,
    ) -> Result<Handled, MailboxError> {
        let changes = std::mem::take(&mut request.changes);
        let received = changes.iter().filter_map(|change| match change {
            Change::Remove { ids, .. } => Some(ids.iter().copied()),
            _ => None,
        });
        let received: BTreeSet<MailId> = received.flatten().collect();
        let mut moved = changes.first().and_then(move_of);
        let owners: Vec<Did> = changes.iter().filter_map(owner_of_received).collect();
        let outcomes = match changes.is_empty() {
            true => Vec::new(),
            false => self.mailbox.apply(changes, now).await?,
        };
        if outcomes.first() != Some(&Outcome::Done) {
            moved = None;
        }
        let is_stored = |outcome: &&Outcome| matches!(outcome, Outcome::Stored { .. });
        let stored = outcomes.iter().filter(is_stored).count();
        self.metrics.stored.add(stored as u64);
        let facts = match request.question.take() {
            Some(question) => Some(self.mailbox.look(question, now).await?),
            None => None,
        };
        let answer =
            self.known_as(name)
                .answer(request, &outcomes, facts, way, now, &mut rand::rng());
        // Another of its connections may wait for that.
        for account in answer.stored.iter().chain(&owners) {
            self.live.wake(account);
        }
        Ok(Handled {
            name,
            response: answer,
            received,
            moved,
        })
    }

    /// A delivery of what waits for the account that knows us by this name, without `except`: its ids and the envelope; `None` if
    /// nothing else waits.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub async fn delivery(
        &self,
        account: &Did,
        version: Version,
        name: Name,
        except: &BTreeSet<MailId>,
    ) -> Result<Option<(Vec<MailId>, Vec<u8>)>, MailboxError> {
        let now = now();
        let fetch = Fetch {
            account: account.clone(),
            recipient: None,
            most: limit::DELIVERY,
            bytes: limit::DELIVERY_BYTES,
            except: except.clone(),
        };
        let Facts::Mail { mail, .. } = self.mailbox.look(Question::Mail(fetch), now).await? else {
            return Ok(None);
        };
        let ids: Vec<MailId> = mail.iter().map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let Ok(document) = document::resolve(account) else {
            return Ok(None);
        };
        let packed = self
            .known_as(name)
            .deliver(&document, version, mail, now, &mut rand::rng());
        match packed {
            Ok(envelope) => {
                self.metrics.delivered.add(ids.len() as u64);
                Ok(Some((ids, envelope)))
            }
            Err(error) => {
                tracing::warn!(%error, "a delivery could not be packed");
                Ok(None)
            }
        }
    }

    /// Which of these envelopes may still wait for the account: not those older than the first that
    /// does.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub(crate) async fn still_waiting(
        &self,
        account: &Did,
        mut ids: BTreeSet<MailId>,
    ) -> Result<BTreeSet<MailId>, MailboxError> {
        let fetch = Fetch {
            account: account.clone(),
            recipient: None,
            most: 1,
            bytes: 0,
            except: BTreeSet::new(),
        };
        let Facts::Mail { mail, .. } = self.mailbox.look(Question::Mail(fetch), now()).await?
        else {
            return Ok(BTreeSet::new());
        };
        Ok(match mail.first() {
            Some((oldest, _)) => ids.split_off(oldest),
            None => BTreeSet::new(),
        })
    }

    /// The JSON of an invitation that is hosted here; `None` if there is none of this name.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub async fn invitation(&self, id: HostedId) -> Result<Option<Vec<u8>>, MailboxError> {
        match self.mailbox.look(Question::Hosted(id), now()).await? {
            Facts::Hosted(found) => Ok(found),
            _ => Ok(None),
        }
    }

    /// Drops what waited for too long.
    pub async fn sweep(&self) {
        loop {
            match self.mailbox.sweep(now()).await {
                Ok(0) => return,
                Ok(count) => self.metrics.swept.add(count),
                Err(error) => {
                    self.metrics.failures.more();
                    return tracing::warn!(%error, "the mailbox could not be swept");
                }
            }
        }
    }
}

fn move_of(change: &Change) -> Option<(Did, Did)> {
    let Change::Move { from, to } = change else {
        return None;
    };
    Some((from.clone(), to.clone()))
}

/// Whose mail this says was received.
fn owner_of_received(change: &Change) -> Option<Did> {
    let Change::Remove { account, .. } = change else {
        return None;
    };
    Some(account.clone())
}

/// Why an envelope was not carried out.
enum Turned {
    Unread(Unread),
    Away(MailboxError),
}

/// What the clock says.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Timestamp(u64::try_from(millis).unwrap_or(u64::MAX))
}
