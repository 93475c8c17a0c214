//! Changes that are decided together: one write to the log, one to the index.

use std::borrow::Cow;

use serde_bytes::Bytes;
use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{Change, Mail, Outcome, Quota, Room},
    time::Timestamp,
};

use super::{
    apply::apply,
    draft::{Draft, name},
    fact::Fact,
    hosted, key,
    value::{Spot, Totals, Usage},
};
use crate::{journal::record, record::encode, view::ViewError};

/// Bytes of what the mediator may keep under one name.
const KEPT: usize = 64 * 1024;

/// Facts to be written, already applied to a draft of the index.
pub(super) struct Group<'a> {
    pub(super) draft: Draft<'a>,
    /// The records, in order.
    pub(super) payloads: Vec<Vec<u8>>,
    /// Where the next one will lie.
    pub(super) next: Spot,
}

impl<'a> Group<'a> {
    /// An empty group, whose first record will lie at `next`.
    pub(super) fn new(draft: Draft<'a>, next: Spot) -> Self {
        Self {
            draft,
            payloads: Vec::new(),
            next,
        }
    }

    /// Begins a part of the log.
    pub(super) fn begin(&mut self) -> Result<(), ViewError> {
        let totals = self.totals()?;
        self.note(&Fact::Numbers {
            account: totals.last_account,
            mail: totals.last_mail,
        })
    }

    /// Takes a fact in.
    pub(super) fn note(&mut self, fact: &Fact<'_>) -> Result<(), ViewError> {
        let payload = encode(fact);
        let size = record::total(payload.len()) as u64;
        apply(&mut self.draft, fact, Spot { size, ..self.next })?;
        self.next.offset += size;
        self.payloads.push(payload);
        Ok(())
    }

    /// Makes a change if its condition holds.
    pub(super) fn decide(
        &mut self,
        change: &Change,
        quota: &Quota,
        now: Timestamp,
    ) -> Result<Outcome, ViewError> {
        match change {
            Change::Grant { account } => self.grant(account, quota),
            Change::Move { from, to } => self.go_on(from, to),
            Change::Forget { account } => match self.draft.account(account)? {
                Some(number) => self.done(&Fact::Forgotten { number }),
                None => Ok(Outcome::Refused),
            },
            Change::Register { account, recipient } => self.register(account, recipient, quota),
            Change::Unregister { account, recipient } => self.unregister(account, recipient),
            Change::Put(mail) => self.put(mail, quota, now),
            Change::Remove { account, ids } => {
                let Some(number) = self.draft.account(account)? else {
                    return Ok(Outcome::Refused);
                };
                let mut there = Vec::new();
                for id in ids {
                    if self.draft.has(&key::mail(number, id.0))? {
                        there.push(id.0);
                    }
                }
                match there.is_empty() {
                    true => Ok(Outcome::Unchanged),
                    false => self.done(&Fact::Gone { number, ids: there }),
                }
            }
            Change::Host(hosted) => hosted::host(self, hosted, quota),
            Change::Unhost { account, id } => match self.draft.account(account)? {
                Some(number) => hosted::unhost(self, number, *id),
                None => Ok(Outcome::Refused),
            },
            Change::Keep { name, .. } if self.draft.has(&key::kept(name))? => {
                Ok(Outcome::Unchanged)
            }
            Change::Keep { value, .. } if value.len() > KEPT => Ok(Outcome::Full),
            Change::Keep { name, value } => self.done(&Fact::Kept {
                name: (*name).into(),
                value: Cow::Borrowed(Bytes::new(value)),
            }),
        }
    }

    fn done(&mut self, fact: &Fact<'_>) -> Result<Outcome, ViewError> {
        self.note(fact)?;
        Ok(Outcome::Done)
    }

    fn totals(&self) -> Result<Totals, ViewError> {
        self.draft.sum(key::TOTALS)
    }

    fn grant(&mut self, account: &Did, quota: &Quota) -> Result<Outcome, ViewError> {
        if self.draft.account(account)?.is_some() {
            return Ok(Outcome::Unchanged);
        }
        let totals = self.totals()?;
        if totals.accounts >= quota.accounts {
            return Ok(Outcome::Full);
        }
        self.done(&Fact::Account {
            number: totals.last_account + 1,
            did: account.clone(),
        })
    }

    fn go_on(&mut self, from: &Did, to: &Did) -> Result<Outcome, ViewError> {
        let (before, after) = (self.draft.account(from)?, self.draft.account(to)?);
        match (before, after) {
            (Some(number), None) => self.done(&Fact::Account {
                number,
                did: to.clone(),
            }),
            (_, Some(_)) | (None, None) => Ok(Outcome::Refused),
        }
    }

    fn register(
        &mut self,
        account: &Did,
        recipient: &Did,
        quota: &Quota,
    ) -> Result<Outcome, ViewError> {
        let Some(number) = self.draft.account(account)? else {
            return Ok(Outcome::Refused);
        };
        let key = key::recipient(&name(self.draft.keys, recipient));
        if let Some(known) = self.draft.numbered(&key)? {
            return Ok(match known.number == number {
                true => Outcome::Unchanged,
                false => Outcome::Refused,
            });
        }
        let usage: Usage = self.draft.sum(&key::usage(number))?;
        if usage.recipients >= quota.recipients {
            return Ok(Outcome::Full);
        }
        let did = recipient.clone();
        self.done(&Fact::Recipient { number, did })
    }

    fn unregister(&mut self, account: &Did, recipient: &Did) -> Result<Outcome, ViewError> {
        let Some(number) = self.draft.account(account)? else {
            return Ok(Outcome::Refused);
        };
        let name = name(self.draft.keys, recipient);
        match self.draft.numbered(&key::recipient(&name))? {
            Some(known) if known.number == number => self.done(&Fact::Unregistered { name }),
            Some(_) | None => Ok(Outcome::Unchanged),
        }
    }

    fn put(&mut self, mail: &Mail, quota: &Quota, now: Timestamp) -> Result<Outcome, ViewError> {
        let recipient = name(self.draft.keys, &mail.recipient);
        let Some(known) = self.draft.numbered(&key::recipient(&recipient))? else {
            return Ok(Outcome::Refused);
        };
        let number = known.number;
        let Some(account) = self.draft.numbered(&key::account(number))? else {
            return Ok(Outcome::Refused);
        };
        let bytes = mail.envelope.len() as u64;
        let waiting: Room = self.draft.sum(&key::waiting(number, &recipient))?;
        let usage: Usage = self.draft.sum(&key::usage(number))?;
        let totals = self.totals()?;
        let fits = |room: Room, most: Room| {
            room.messages < most.messages && room.bytes.saturating_add(bytes) <= most.bytes
        };
        if !fits(waiting, quota.recipient)
            || !fits(usage.room, quota.account)
            || totals.room.bytes.saturating_add(bytes) > quota.bytes
        {
            return Ok(Outcome::Full);
        }
        self.note(&Fact::Mail {
            id: totals.last_mail + 1,
            number,
            recipient,
            received: now,
            from: mail.from,
            until: mail.until,
            envelope: Cow::Borrowed(Bytes::new(&mail.envelope)),
        })?;
        let account = account.did;
        Ok(Outcome::Stored { account })
    }
}
