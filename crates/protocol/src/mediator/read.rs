//! Reading what an envelope asks a mediator for.

use rand_core::CryptoRng;
use signet_didcomm::{
    coordinate_mediation::{self as mediation, Action, Update},
    did::Did,
    discover_features::{self, Query},
    document::{self, Document, ResolveError},
    empty,
    envelope::{self, Opening, UnpackError, Unpacked},
    message::Message,
    message_pickup as pickup, report_problem, shorten_url, trust_ping,
};

use super::{Admission, Change, Fetch, MailId, Mediator, Question, Unread, forward, host, limit};
use crate::time::Timestamp;

/// What an envelope asks for. First the changes are made, then the question is answered, then
/// [`Mediator::answer`] says what goes back.
#[derive(Debug)]
pub struct Request {
    /// To be made, in order; nothing goes back before they are durable.
    pub changes: Vec<Change>,
    /// To be answered after that.
    pub question: Option<Question>,
    pub(super) asker: Option<Asker>,
}

/// Who asks, and what.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) document: Document,
    pub(super) message: Message,
    pub(super) wish: Wish,
    /// Changes before those of the wish: the asker moved to another DID.
    pub(super) moves: usize,
}

#[derive(Debug, PartialEq)]
pub(super) enum Wish {
    Mediate(mediation::Version),
    /// Denied, whatever the mailbox says.
    Uninvited(mediation::Version),
    /// Each update, and whether a change was made of it.
    Update(mediation::Version, Vec<(Update, bool)>),
    Query(mediation::Version, Option<mediation::Paginate>),
    Status(pickup::Version, Option<Did>),
    Delivery(pickup::Version, Option<Did>),
    Received(pickup::Version),
    Live(pickup::Version, bool),
    Ping,
    Queries(Vec<Query>),
    Host,
    Unhost,
    /// It is refused, whatever the mailbox says.
    NotHosted(shorten_url::Problem),
    /// Nothing but an acknowledgement, if one is asked for.
    Nothing,
    Unknown,
}

impl Mediator {
    /// Reads an envelope. `known` are documents that a DID does not spell out, found since the
    /// envelope was first read.
    ///
    /// # Errors
    /// [`Unread`]; [`Unread::NeedsDocument`] says what may be found, and each DID is asked for once.
    pub fn read(
        &self,
        envelope: &[u8],
        known: &[Document],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Request, Unread> {
        let find = |did: &Did| find(did, known);
        let opening = Opening {
            secret: &|kid| self.keys.get(kid),
            document: &find,
        };
        let unpacked = envelope::unpack(envelope, &opening, now.seconds()).map_err(unread)?;
        if !unpacked.is_encrypted() {
            return Err(Unread::Plain);
        }
        if let Some(changes) = forward::read(&unpacked.message, now, rng) {
            return Ok(Request {
                changes: changes?,
                question: None,
                asker: None,
            });
        }
        if let Some(change) = ending(&unpacked) {
            return Ok(Request {
                changes: vec![change],
                question: None,
                asker: None,
            });
        }
        let from = unpacked.authenticated_by().ok_or(Unread::Anonymous)?;
        let document = find(from)
            .map_err(|_| Unread::Envelope(UnpackError::NeedsDocument { did: from.clone() }))?;
        Ok(self.request(unpacked, document, now, rng))
    }

    fn request(
        &self,
        unpacked: Unpacked,
        document: Document,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Request {
        let account = document.id.clone();
        let prior = unpacked.from_prior.map(|prior| prior.iss);
        let mut changes: Vec<Change> = prior
            .map(|from| Change::Move {
                from,
                to: account.clone(),
            })
            .into_iter()
            .collect();
        let moves = changes.len();
        let message = unpacked.message;
        let (wish, question) = if let Some((version, asked)) = mediation::read_request(&message) {
            self.mediation(version, asked, &message, &account, &mut changes)
        } else if let Some((version, asked)) = pickup::read_request(&message) {
            fetching(version, asked, account, &mut changes)
        } else if let (Some(page), Some(asked)) =
            (self.page.as_deref(), shorten_url::read_request(&message))
        {
            let wish = match host::read(page, asked, &account, now, rng) {
                Ok((change, wish)) => {
                    changes.push(change);
                    wish
                }
                Err(problem) => Wish::NotHosted(problem),
            };
            (wish, None)
        } else {
            (other(&message), None)
        };
        Request {
            changes,
            question,
            asker: Some(Asker {
                document,
                message,
                wish,
                moves,
            }),
        }
    }

    fn mediation(
        &self,
        version: mediation::Version,
        asked: mediation::Request,
        message: &Message,
        account: &Did,
        changes: &mut Vec<Change>,
    ) -> (Wish, Option<Question>) {
        match asked {
            mediation::Request::Mediate if !self.admits(message) => {
                // Who was granted it before need not show the invitation again.
                let question = Question::Account(account.clone());
                (Wish::Uninvited(version), Some(question))
            }
            mediation::Request::Mediate => {
                let account = account.clone();
                changes.push(Change::Grant { account });
                (Wish::Mediate(version), None)
            }
            mediation::Request::Update(updates) => {
                let updates = updates.into_iter().map(|update| {
                    let change = change_of(&update, account);
                    let is_change = change.is_some();
                    changes.extend(change);
                    (update, is_change)
                });
                (Wish::Update(version, updates.collect()), None)
            }
            mediation::Request::Query(page) => {
                let question = Question::Recipients {
                    account: account.clone(),
                    page,
                    most: limit::RECIPIENTS,
                };
                (Wish::Query(version, page), Some(question))
            }
        }
    }

    fn admits(&self, request: &Message) -> bool {
        match &self.admission {
            Admission::Open => true,
            Admission::Invited(ids) => {
                let shown = request.pthid.as_ref();
                shown.is_some_and(|shown| ids.iter().any(|id| id.eq_ignore_ascii_case(shown)))
            }
        }
    }
}

/// The change that an update asks for; `None` if it makes no sense.
fn change_of(update: &Update, account: &Did) -> Option<Change> {
    let account = account.clone();
    let recipient = Did::parse(&update.recipient_did).ok()?;
    match update.action {
        Action::Add => Some(Change::Register { account, recipient }),
        Action::Remove => Some(Change::Unregister { account, recipient }),
        Action::Other(_) => None,
    }
}

fn fetching(
    version: pickup::Version,
    asked: pickup::Request,
    account: Did,
    changes: &mut Vec<Change>,
) -> (Wish, Option<Question>) {
    let status = |account, recipient| Some(Question::Status { account, recipient });
    match asked {
        pickup::Request::Status { recipient_did } => {
            let question = status(account, recipient_did.clone());
            (Wish::Status(version, recipient_did), question)
        }
        pickup::Request::Delivery {
            limit,
            recipient_did,
        } => {
            let most = usize::try_from(limit).map_or(limit::DELIVERY, |l| l.min(limit::DELIVERY));
            let question = Question::Mail(Fetch {
                account,
                recipient: recipient_did.clone(),
                most,
                bytes: limit::DELIVERY_BYTES,
                except: Default::default(),
            });
            (Wish::Delivery(version, recipient_did), Some(question))
        }
        pickup::Request::Received(ids) => {
            let ids = ids.iter().filter_map(|id| id.parse().ok()).collect();
            changes.push(Change::Remove {
                account: account.clone(),
                ids,
            });
            (Wish::Received(version), status(account, None))
        }
        pickup::Request::Live(live) => (Wish::Live(version, live), status(account, None)),
    }
}

fn other(message: &Message) -> Wish {
    if let Some(wanted) = trust_ping::wants_response(message) {
        return match wanted {
            true => Wish::Ping,
            false => Wish::Nothing,
        };
    }
    if let Some(queries) = discover_features::read_queries(message) {
        return Wish::Queries(queries);
    }
    let is_heard = message.is(empty::EMPTY)
        || message.is(discover_features::DISCLOSE)
        || report_problem::is(message)
        || trust_ping::is_response(message);
    match is_heard {
        true => Wish::Nothing,
        false => Wish::Unknown,
    }
}

/// Whose account ends with this message: its DID is replaced by nothing.
fn ending(unpacked: &Unpacked) -> Option<Change> {
    let prior = unpacked.from_prior.as_ref()?;
    prior.sub.is_none().then(|| Change::Forget {
        account: prior.iss.clone(),
    })
}

fn find(did: &Did, known: &[Document]) -> Result<Document, ResolveError> {
    let is_known = |document: &&Document| document.id.is_same_as(did);
    match known.iter().find(is_known) {
        Some(document) => Ok(document.clone()),
        None => document::resolve(did),
    }
}

fn unread(error: UnpackError) -> Unread {
    match error {
        UnpackError::NeedsDocument { did } => Unread::NeedsDocument(did),
        other => Unread::Envelope(other),
    }
}

impl std::str::FromStr for MailId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl std::fmt::Display for MailId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
