//! What somebody who is no contact gets from us: at most one short report, and not many of them.

use std::time::Duration;

use rand_core::CryptoRng;
use signet_didcomm::{
    did::Did,
    envelope,
    message::new_id,
    protocols::report_problem::{self, Problem},
};

use crate::{
    identity::Identity,
    step::Reach,
    time::Timestamp,
    turn::{Destination, Turn},
    wire::Attempt,
};

/// Reports to strangers within [`WINDOW`]; more stay unsaid.
const REPORTS: u32 = 64;
const WINDOW: Duration = Duration::from_secs(60);

/// The sender used an invitation that somebody else had used.
pub(crate) const INVITATION_USED: &str = "e.p.req.invitation-used";
/// The invitation has expired.
pub(crate) const INVITATION_EXPIRED: &str = "e.p.req.time.invitation-expired";
/// The inviter took the invitation back.
pub(crate) const INVITATION_REVOKED: &str = "e.p.req.invitation-revoked";
/// The inviter refused the request.
pub(crate) const REFUSED: &str = "e.p.req.refused";

/// How many reports strangers may still get.
#[derive(Default)]
pub(crate) struct Allowance {
    began: Timestamp,
    given: u32,
}

impl Allowance {
    fn take(&mut self, now: Timestamp) -> bool {
        if now.since(self.began) > WINDOW {
            *self = Self {
                began: now,
                given: 0,
            };
        }
        self.given += 1;
        self.given <= REPORTS
    }
}

impl<R: CryptoRng> Turn<'_, R> {
    /// Tells somebody who is no contact why nothing came of their message. Not kept, not repeated:
    /// whoever missed it asks again.
    pub(crate) fn report_to_stranger(
        &mut self,
        us: &Identity,
        them: &Did,
        thread: &str,
        id: &str,
        code: &str,
        comment: &str,
    ) {
        if !self.machine.stranger_answers.take(self.now) {
            return;
        }
        let Ok(document) = self.machine.document(them) else {
            return;
        };
        let problem = Problem {
            comment: Some(comment.to_owned()),
            ..Problem::new(code)
        };
        let mut message = report_problem::message(new_id(self.rng), thread, &problem, Some(id));
        message.created_time = Some(self.now.seconds());
        message.from = Some(us.did.clone());
        message.to = vec![them.clone()];
        let Ok(packed) = envelope::authcrypt(&message, &us.keys, &document, self.rng) else {
            return;
        };
        let to = Destination {
            routes: self.machine.routes(&document),
            addresses: Vec::new(),
        };
        let over = self.now.after(crate::limit::ATTEMPT);
        let attempt = Attempt {
            contact: None,
            mediator: None,
            message: None,
            acks: Vec::new(),
            between: None,
            begun: self.now,
            over,
        };
        self.perform(attempt, packed, them, &to, Reach::Careful);
    }
}
