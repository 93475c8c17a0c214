//! What goes back, once the changes are durable and the question is answered.

use rand_core::CryptoRng;
use signet_didcomm::{
    coordinate_mediation::{self as mediation, Paginate, Pagination, Updated},
    did::Did,
    discover_features, empty,
    message::{Message, new_id},
    message_pickup::{self as pickup, Delivery, Status},
    report_problem::{self, Problem},
    return_route::ReturnRoute,
    shorten_url::Problem as Unhosted,
    trust_ping,
};

use super::{
    Facts, Mediator, Outcome, Request, Waiting, features, held, host,
    read::{Asker, Wish},
};
use crate::{Verdict, time::Timestamp};

/// Who has no account asked for what needs one.
const NOT_GRANTED: &str = "e.p.req.mediation-not-granted";
/// What is asked for does not fit into what the asker may have.
const NO_ROOM: &str = "e.p.me.res.storage";
/// A message of a type that is not spoken.
const UNKNOWN_TYPE: &str = "e.p.msg.unsupported-type";

/// The connection by which requests come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// It stays, so that what comes later can go out by it.
    pub stays: bool,
    /// A message that came by it allowed everything to go back.
    pub returns: bool,
}

/// What follows from a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Set if the envelope was not taken: what the wire may say of it.
    pub refused: Option<Verdict>,
    /// Goes back by the connection that the request came by.
    pub envelope: Option<Vec<u8>>,
    /// From here on this account's mail goes out by the connection, which allows it, or no longer
    /// does; in the form of this version.
    pub live: Option<(Did, pickup::Version, bool)>,
    /// Accounts for which envelopes wait now.
    pub stored: Vec<Did>,
}

impl Mediator {
    /// Says what goes back by `way`. `outcomes` has one for each change, `facts` answers the question.
    pub fn answer(
        &self,
        request: Request,
        outcomes: &[Outcome],
        facts: Option<Facts>,
        way: &mut Way,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Response {
        let mut response = Response::default();
        for outcome in outcomes {
            match outcome {
                Outcome::Stored { account } if !response.stored.contains(account) => {
                    response.stored.push(account.clone());
                }
                Outcome::Full if request.asker.is_none() => {
                    response.refused = Some(Verdict::Later);
                }
                Outcome::Stored { .. }
                | Outcome::Hosted { .. }
                | Outcome::Done
                | Outcome::Unchanged
                | Outcome::Refused
                | Outcome::Full => {}
            }
        }
        let Some(asker) = request.asker else {
            return response;
        };
        let route = ReturnRoute::of(&asker.message);
        if way.stays {
            way.returns |= route == ReturnRoute::All;
        }
        let is_account = !matches!(facts, Some(Facts::NoAccount));
        if let Wish::Live(version, live) = asker.wish
            && way.stays
            && is_account
            && (way.returns || !live)
        {
            response.live = Some((asker.document.id.clone(), version, live));
        }
        let outcomes = outcomes.get(asker.moves..).unwrap_or_default();
        let answer = self.message(&asker, outcomes, facts, *way, now, rng);
        let Some(answer) = acknowledged(answer, &asker.message, rng) else {
            return response;
        };
        if way.returns || route.allows(&answer) {
            response.envelope = self.pack(answer, &asker.document, now, rng).ok();
        }
        response
    }

    fn message(
        &self,
        asker: &Asker,
        outcomes: &[Outcome],
        facts: Option<Facts>,
        way: Way,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Option<Message> {
        let asked = &asker.message;
        let id = new_id(rng);
        let coordinate = |version, answer: mediation::Answer| {
            Some(answer.to_message(id.as_str(), version, asked))
        };
        let fetched = |version, answer: pickup::Answer| {
            Some(answer.to_message(id.as_str(), version, Some(asked)))
        };
        let granted = || mediation::Answer::Grant(vec![self.did.clone()]);
        match (&asker.wish, facts) {
            (Wish::Mediate(version), _) => coordinate(
                *version,
                match outcomes.first() {
                    Some(Outcome::Done | Outcome::Unchanged) => granted(),
                    _ => mediation::Answer::Deny,
                },
            ),
            (Wish::Uninvited(version), Some(Facts::Account(_))) => coordinate(*version, granted()),
            (Wish::Uninvited(version), _) => coordinate(*version, mediation::Answer::Deny),
            (Wish::Update(version, updates), _) => {
                let mut outcomes = outcomes.iter();
                let updated = updates.iter().map(|(update, is_change)| Updated {
                    update: update.clone(),
                    result: match is_change.then(|| outcomes.next()).flatten() {
                        Some(outcome) => result(outcome),
                        None => mediation::Outcome::ClientError,
                    },
                });
                coordinate(*version, mediation::Answer::Updated(updated.collect()))
            }
            (Wish::Query(version, page), Some(Facts::Recipients { dids, total })) => {
                let pagination = pagination(*page, dids.len(), total);
                coordinate(*version, mediation::Answer::Recipients { dids, pagination })
            }
            (Wish::Status(version, did), Some(Facts::Status(waiting))) => {
                let status = self.status(waiting, did.clone(), None, now);
                fetched(*version, pickup::Answer::Status(status))
            }
            (Wish::Delivery(version, did), Some(Facts::Mail { mail, waiting })) => {
                let delivery = Delivery {
                    recipient_did: did.clone(),
                    messages: mail.into_iter().map(held).collect(),
                };
                let status = self.status(waiting, did.clone(), None, now);
                let answer = pickup::Answer::to_delivery_request(*version, delivery, status);
                fetched(*version, answer)
            }
            (Wish::Received(pickup::Version::V4), Some(Facts::Status(_))) => None,
            (Wish::Received(version), Some(Facts::Status(waiting))) => fetched(
                *version,
                pickup::Answer::Status(self.status(waiting, None, None, now)),
            ),
            (Wish::Live(..), Some(Facts::Status(_))) if !way.stays => {
                Some(pickup::live_mode_not_supported(id, asked))
            }
            (Wish::Live(version, live), Some(Facts::Status(waiting))) => {
                let status = self.status(waiting, None, Some(*live), now);
                fetched(*version, pickup::Answer::Status(status))
            }
            (Wish::Ping, _) => Some(trust_ping::response(id, asked)),
            (Wish::Queries(queries), _) => {
                let told = features::told(queries, self.page.is_some(), rng);
                Some(discover_features::answer(id, asked, &told))
            }
            (Wish::Host, _) => Some(match (outcomes.first(), &self.page) {
                (Some(Outcome::Hosted { id: page, until }), Some(at)) => {
                    host::hosted(at, *page, *until).to_message(id, asked)
                }
                (Some(Outcome::Full), _) => {
                    let comment = "There is no room for another invitation";
                    report(id, asked, NO_ROOM, comment, Vec::new())
                }
                _ => not_granted(id, asked),
            }),
            (Wish::Unhost, _) => Some(match outcomes.first() {
                Some(Outcome::Done) => empty::ack(id, vec![asked.id.clone()], Some(asked.thread())),
                // Nobody is told whether it is somebody else's.
                Some(Outcome::Unchanged) => Unhosted::ShortUrlInvalid.to_message(id, asked),
                _ => not_granted(id, asked),
            }),
            (Wish::NotHosted(problem), _) => Some(problem.to_message(id, asked)),
            (Wish::Nothing, _) => None,
            (Wish::Unknown, _) => {
                let comment = "This mediator does not speak {1}";
                let args = vec![Some(asked.type_.clone())];
                Some(report(id, asked, UNKNOWN_TYPE, comment, args))
            }
            (
                Wish::Query(..)
                | Wish::Status(..)
                | Wish::Delivery(..)
                | Wish::Received(_)
                | Wish::Live(..),
                _,
            ) => Some(not_granted(id, asked)),
        }
    }

    fn status(
        &self,
        waiting: Waiting,
        recipient_did: Option<Did>,
        live_delivery: Option<bool>,
        now: Timestamp,
    ) -> Status {
        let (oldest, newest) = waiting.span.unzip();
        Status {
            recipient_did,
            message_count: waiting.room.messages,
            longest_waited_seconds: oldest.map(|oldest| now.since(oldest).as_secs()),
            newest_received_time: newest.map(|newest| newest.0),
            oldest_received_time: oldest.map(|oldest| oldest.0),
            total_bytes: Some(waiting.room.bytes),
            live_delivery,
            relay: self.relay.clone(),
        }
    }
}

fn not_granted(id: String, asked: &Message) -> Message {
    let comment = "Mediation was not granted to this DID";
    report(id, asked, NOT_GRANTED, comment, Vec::new())
}

fn report(
    id: String,
    asked: &Message,
    code: &str,
    comment: &str,
    args: Vec<Option<String>>,
) -> Message {
    let problem = Problem {
        comment: Some(comment.to_owned()),
        args,
        ..Problem::new(code)
    };
    report_problem::message(id, asked.thread(), &problem, Some(&asked.id))
}

/// The answer, or else an empty message, with the acknowledgement that was asked for.
fn acknowledged(
    answer: Option<Message>,
    asked: &Message,
    rng: &mut impl CryptoRng,
) -> Option<Message> {
    let is_asked = asked
        .please_ack
        .iter()
        .any(|id| id.is_empty() || *id == asked.id);
    // Else two who each ask for an acknowledgement would go on for ever.
    if !is_asked || (answer.is_none() && asked.is(empty::EMPTY) && !asked.ack.is_empty()) {
        return answer;
    }
    let mut answer = answer.unwrap_or_else(|| {
        let mut message = Message::new(new_id(rng), empty::EMPTY);
        message.thid = Some(asked.thread().to_owned());
        message
    });
    if answer.ack.is_empty() {
        answer.ack = vec![asked.id.clone()];
    }
    Some(answer)
}

fn result(outcome: &Outcome) -> mediation::Outcome {
    match outcome {
        Outcome::Done | Outcome::Stored { .. } | Outcome::Hosted { .. } => {
            mediation::Outcome::Success
        }
        Outcome::Unchanged => mediation::Outcome::NoChange,
        Outcome::Refused => mediation::Outcome::ClientError,
        Outcome::Full => mediation::Outcome::ServerError,
    }
}

/// Said if a page was asked for, or the answer is not all.
fn pagination(page: Option<Paginate>, count: usize, total: usize) -> Option<Pagination> {
    if page.is_none() && count == total {
        return None;
    }
    let offset = page.map_or(0, |page| page.offset).min(total as u64);
    Some(Pagination {
        count: count as u64,
        offset,
        remaining: (total as u64).saturating_sub(offset + count as u64),
    })
}
