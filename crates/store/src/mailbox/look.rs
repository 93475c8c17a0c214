//! Questions, answered out of the index and the log.

use std::sync::Arc;

use signet_didcomm::{coordinate_mediation::Paginate, did::Did};
use signet_protocol::{
    mediator::{Facts, Fetch, MailId, MailboxError, Question, Room, Waiting},
    time::Timestamp,
};

use super::{
    draft::{Draft, name},
    hosted, key,
    segments::Segments,
    value::{Held, Usage, Value},
};
use crate::{sealed::Keys, view::ViewError};

/// What answers questions; clones ask the same mailbox.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) tree: sled::Db,
    pub(super) keys: Arc<Keys>,
    pub(super) segments: Arc<Segments>,
}

impl Look {
    pub(super) fn answer(
        &self,
        question: &Question,
        now: Timestamp,
    ) -> Result<Facts, MailboxError> {
        self.facts(question, now).map_err(super::failed)
    }

    fn facts(&self, question: &Question, now: Timestamp) -> Result<Facts, ViewError> {
        let draft = Draft::new(&self.tree, &self.keys);
        let account = match question {
            Question::Account(account)
            | Question::Recipients { account, .. }
            | Question::Status { account, .. }
            | Question::Mail(Fetch { account, .. }) => account,
            Question::Kept(name) => {
                let kept = draft.sealed(&key::kept(name))?;
                return Ok(Facts::Kept(kept.map(|(_, value)| value)));
            }
            Question::Hosted(id) => {
                return Ok(Facts::Hosted(hosted::find(&draft, *id, now)?));
            }
        };
        let Some(number) = draft.account(account)? else {
            return Ok(Facts::NoAccount);
        };
        match question {
            Question::Recipients { page, most, .. } => {
                self.recipients(&draft, number, *page, *most)
            }
            Question::Status { recipient, .. } => {
                let waiting = self.waiting(&draft, number, recipient.as_ref())?;
                Ok(Facts::Status(waiting))
            }
            Question::Mail(fetch) => Ok(Facts::Mail {
                mail: self.mail(number, fetch, now)?,
                waiting: self.waiting(&draft, number, fetch.recipient.as_ref())?,
            }),
            Question::Account(_) | Question::Kept(_) | Question::Hosted(_) => {
                let known = draft.numbered(&key::account(number))?;
                Ok(known.map_or(Facts::NoAccount, |known| Facts::Account(known.did)))
            }
        }
    }

    fn recipients(
        &self,
        draft: &Draft<'_>,
        number: u64,
        page: Option<Paginate>,
        most: usize,
    ) -> Result<Facts, ViewError> {
        let listed = draft.keys(&key::registered(number, None))?;
        let page = page.unwrap_or(Paginate {
            limit: u64::MAX,
            offset: 0,
        });
        let (range, _) = page.cut(listed.len(), most);
        let mut dids = Vec::new();
        for key in listed.get(range).unwrap_or_default() {
            if let Some(name) = key.last_chunk()
                && let Some(known) = draft.numbered(&key::recipient(name))?
            {
                dids.push(known.did.as_str().to_owned());
            }
        }
        let total = listed.len();
        Ok(Facts::Recipients { dids, total })
    }

    fn waiting(
        &self,
        draft: &Draft<'_>,
        number: u64,
        recipient: Option<&Did>,
    ) -> Result<Waiting, ViewError> {
        if let Some(recipient) = recipient {
            let name = name(&self.keys, recipient);
            let room: Room = draft.sum(&key::waiting(number, &name))?;
            return Ok(Waiting { room, span: None });
        }
        let usage: Usage = draft.sum(&key::usage(number))?;
        let mut all = self.tree.scan_prefix(key::mail_of(number)).values();
        let first = all.next().transpose()?;
        let last = all.next_back().transpose()?.or_else(|| first.clone());
        let received = |value: &sled::IVec| Held::from_bytes(value).map(|held| held.received);
        let span = first.as_ref().and_then(received);
        let span = span.zip(last.as_ref().and_then(received));
        let room = usage.room;
        Ok(Waiting { room, span })
    }

    fn mail(
        &self,
        number: u64,
        fetch: &Fetch,
        now: Timestamp,
    ) -> Result<Vec<(MailId, Vec<u8>)>, ViewError> {
        let recipient = fetch.recipient.as_ref().map(|did| name(&self.keys, did));
        let mut mail = Vec::new();
        let mut bytes = 0;
        for found in self.tree.scan_prefix(key::mail_of(number)) {
            if mail.len() >= fetch.most {
                break;
            }
            let (key, value) = found?;
            let id = MailId(key::last_number(&key).ok_or(ViewError::Damaged)?);
            let held = Held::from_bytes(&value).ok_or(ViewError::Damaged)?;
            let is_due = held.from <= now && now <= held.until;
            let is_asked = recipient.is_none_or(|recipient| recipient == held.recipient);
            if !is_due || !is_asked || fetch.except.contains(&id) {
                continue;
            }
            bytes += usize::try_from(held.bytes).unwrap_or(usize::MAX);
            if bytes > fetch.bytes && !mail.is_empty() {
                break;
            }
            if let Some(envelope) = self.envelope(number, id, held)? {
                mail.push((id, envelope));
            }
        }
        Ok(mail)
    }

    /// The envelope, also if it was moved since its place was looked up. What the disk does not give
    /// back stands in nobody's way.
    fn envelope(&self, number: u64, id: MailId, held: Held) -> Result<Option<Vec<u8>>, ViewError> {
        match self.segments.envelope(held.spot) {
            Ok(Some(envelope)) => return Ok(Some(envelope)),
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "an envelope is not where it was"),
        }
        let Some(value) = self.tree.get(key::mail(number, id.0))? else {
            return Ok(None);
        };
        let again = Held::from_bytes(&value).ok_or(ViewError::Damaged)?;
        let found = self.segments.envelope(again.spot).unwrap_or(None);
        if found.is_none() {
            tracing::error!(id = id.0, "an envelope cannot be read");
        }
        Ok(found)
    }
}
