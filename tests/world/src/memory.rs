//! A mailbox in memory: the plainest one that keeps what `Mailbox` promises, held to the suite of
//! the others.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use signet_didcomm::{coordinate_mediation::Paginate, did::Did};
use signet_protocol::{
    mediator::{
        Change, Facts, Fetch, Hosted, HostedId, Mail, MailId, Mailbox, MailboxError, Outcome,
        Question, Quota, Room, Waiting, limit,
    },
    time::Timestamp,
};

/// Bytes of what the mediator may keep under one name.
const KEPT: usize = 64 * 1024;
/// Envelopes dropped by one sweep.
const SWEPT: usize = 512;

/// All that a mediator remembers.
pub struct Memory {
    quota: Quota,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// By the number that each was given.
    accounts: BTreeMap<u64, Account>,
    /// The registered DIDs by their short form: whose, and as it was written.
    recipients: BTreeMap<Did, (u64, Did)>,
    /// The invitations that have a page, and whose they are.
    hosted: BTreeMap<HostedId, (u64, Hosted)>,
    own: BTreeMap<&'static str, Vec<u8>>,
    last_account: u64,
    last_mail: u64,
}

struct Account {
    did: Did,
    mail: BTreeMap<MailId, Held>,
}

struct Held {
    /// In its short form.
    recipient: Did,
    envelope: Vec<u8>,
    received: Timestamp,
    from: Timestamp,
    until: Timestamp,
}

impl Memory {
    /// An empty one.
    pub fn new(quota: Quota) -> Self {
        Self {
            quota,
            kept: Mutex::default(),
        }
    }

    /// As [`Mailbox::apply`].
    pub fn make(&self, changes: Vec<Change>, now: Timestamp) -> Vec<Outcome> {
        let mut kept = self.kept();
        let changes = changes.into_iter();
        changes
            .map(|change| kept.make(change, &self.quota, now))
            .collect()
    }

    /// As [`Mailbox::look`].
    pub fn find(&self, question: &Question, now: Timestamp) -> Facts {
        self.kept().find(question, now)
    }

    /// How many envelopes wait, for anybody.
    pub fn all_waiting(&self) -> usize {
        let kept = self.kept();
        kept.accounts.values().map(|a| a.mail.len()).sum()
    }

    /// How many invitations have a page.
    pub fn hosted(&self) -> usize {
        self.kept().hosted.len()
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.kept().accounts.len()
    }

    /// One envelope that waits for an account.
    pub fn envelope(&self, account: &Did, id: MailId) -> Option<Vec<u8>> {
        let kept = self.kept();
        let held = kept.accounts[&kept.number(account)?].mail.get(&id)?;
        Some(held.envelope.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A test that panicked is over; what it left is as good as ever.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox for Memory {
    async fn apply(
        &self,
        changes: Vec<Change>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, MailboxError> {
        Ok(self.make(changes, now))
    }

    async fn look(&self, question: Question, now: Timestamp) -> Result<Facts, MailboxError> {
        Ok(self.find(&question, now))
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, MailboxError> {
        Ok(self.kept().sweep(now))
    }
}

impl Kept {
    fn make(&mut self, change: Change, quota: &Quota, now: Timestamp) -> Outcome {
        match change {
            Change::Grant { account } => self.grant(account, quota),
            Change::Move { from, to } => match (self.number(&from), self.number(&to)) {
                (Some(number), None) => {
                    self.account(number).did = to;
                    Outcome::Done
                }
                (None, _) | (_, Some(_)) => Outcome::Refused,
            },
            Change::Forget { account } => match self.number(&account) {
                Some(number) => {
                    self.accounts.remove(&number);
                    self.recipients.retain(|_, (owner, _)| *owner != number);
                    self.hosted.retain(|_, (owner, _)| *owner != number);
                    Outcome::Done
                }
                None => Outcome::Refused,
            },
            Change::Register { account, recipient } => self.register(&account, recipient, quota),
            Change::Unregister { account, recipient } => match self.number(&account) {
                Some(number) => {
                    let known = self.recipients.get(&recipient.short());
                    if known.is_none_or(|(owner, _)| *owner != number) {
                        return Outcome::Unchanged;
                    }
                    self.recipients.remove(&recipient.short());
                    Outcome::Done
                }
                None => Outcome::Refused,
            },
            Change::Put(mail) => self.put(mail, quota, now),
            Change::Remove { account, ids } => match self.number(&account) {
                Some(number) => {
                    let mail = &mut self.account(number).mail;
                    let before = mail.len();
                    mail.retain(|id, _| !ids.contains(id));
                    match mail.len() < before {
                        true => Outcome::Done,
                        false => Outcome::Unchanged,
                    }
                }
                None => Outcome::Refused,
            },
            Change::Host(hosted) => self.host(hosted, quota),
            Change::Unhost { account, id } => match self.number(&account) {
                Some(number) => {
                    if self
                        .hosted
                        .get(&id)
                        .is_none_or(|(owner, _)| *owner != number)
                    {
                        return Outcome::Unchanged;
                    }
                    self.hosted.remove(&id);
                    Outcome::Done
                }
                None => Outcome::Refused,
            },
            Change::Keep { name, .. } if self.own.contains_key(name) => Outcome::Unchanged,
            Change::Keep { value, .. } if value.len() > KEPT => Outcome::Full,
            Change::Keep { name, value } => {
                self.own.insert(name, value);
                Outcome::Done
            }
        }
    }

    fn grant(&mut self, account: Did, quota: &Quota) -> Outcome {
        if self.number(&account).is_some() {
            return Outcome::Unchanged;
        }
        if self.accounts.len() as u64 >= quota.accounts {
            return Outcome::Full;
        }
        self.last_account += 1;
        let account = Account {
            did: account,
            mail: BTreeMap::new(),
        };
        self.accounts.insert(self.last_account, account);
        Outcome::Done
    }

    fn register(&mut self, account: &Did, recipient: Did, quota: &Quota) -> Outcome {
        let Some(number) = self.number(account) else {
            return Outcome::Refused;
        };
        if let Some((owner, _)) = self.recipients.get(&recipient.short()) {
            return match *owner == number {
                true => Outcome::Unchanged,
                false => Outcome::Refused,
            };
        }
        let owners = self.recipients.values();
        let count = owners.filter(|(owner, _)| *owner == number).count();
        if count as u64 >= quota.recipients {
            return Outcome::Full;
        }
        self.recipients
            .insert(recipient.short(), (number, recipient));
        Outcome::Done
    }

    fn put(&mut self, mail: Mail, quota: &Quota, now: Timestamp) -> Outcome {
        let recipient = mail.recipient.short();
        let Some((number, _)) = self.recipients.get(&recipient).cloned() else {
            return Outcome::Refused;
        };
        let bytes = mail.envelope.len() as u64;
        let fits = |room: Room, most: Room| {
            room.messages < most.messages && room.bytes + bytes <= most.bytes
        };
        let total = self.bytes();
        let account = &self.accounts[&number];
        let own = || account.mail.values();
        if !fits(
            room(own().filter(|h| h.recipient == recipient)),
            quota.recipient,
        ) || !fits(room(own()), quota.account)
            || total + bytes > quota.bytes
        {
            return Outcome::Full;
        }
        self.last_mail += 1;
        let id = MailId(self.last_mail);
        let held = Held {
            recipient,
            envelope: mail.envelope,
            received: now,
            from: mail.from,
            until: mail.until,
        };
        let account = self.account(number);
        account.mail.insert(id, held);
        Outcome::Stored {
            account: account.did.clone(),
        }
    }

    fn host(&mut self, hosted: Hosted, quota: &Quota) -> Outcome {
        let Some(number) = self.number(&hosted.account) else {
            return Outcome::Refused;
        };
        let mut own = self
            .hosted
            .values_mut()
            .filter(|(owner, _)| *owner == number);
        if let Some((_, known)) = own.find(|(_, known)| known.invitation == hosted.invitation) {
            known.until = known.until.max(hosted.until);
            let (id, until) = (known.id, known.until);
            return Outcome::Hosted { id, until };
        }
        let own = self.hosted.values().filter(|(owner, _)| *owner == number);
        let bytes = hosted.invitation.len() as u64;
        if own.count() >= limit::HOSTED || self.bytes() + bytes > quota.bytes {
            return Outcome::Full;
        }
        let (id, until) = (hosted.id, hosted.until);
        self.hosted.insert(id, (number, hosted));
        Outcome::Hosted { id, until }
    }

    /// Of all that is kept for somebody.
    fn bytes(&self) -> u64 {
        let mail = self.accounts.values().flat_map(|a| a.mail.values());
        let hosted = self.hosted.values();
        let hosted: usize = hosted.map(|(_, hosted)| hosted.invitation.len()).sum();
        room(mail).bytes + hosted as u64
    }

    fn find(&self, question: &Question, now: Timestamp) -> Facts {
        let asker = match question {
            Question::Kept(name) => return Facts::Kept(self.own.get(name).cloned()),
            Question::Hosted(id) => {
                let found = self.hosted.get(id).map(|(_, hosted)| hosted);
                let found = found.filter(|hosted| now <= hosted.until);
                return Facts::Hosted(found.map(|hosted| hosted.invitation.clone()));
            }
            Question::Account(account)
            | Question::Recipients { account, .. }
            | Question::Status { account, .. }
            | Question::Mail(Fetch { account, .. }) => account,
        };
        let Some(number) = self.number(asker) else {
            return Facts::NoAccount;
        };
        let account = &self.accounts[&number];
        match question {
            Question::Recipients { page, most, .. } => self.recipients(number, *page, *most),
            Question::Status { recipient, .. } => {
                Facts::Status(account.waiting(recipient.as_ref()))
            }
            Question::Mail(fetch) => Facts::Mail {
                mail: account.mail(fetch, now),
                waiting: account.waiting(fetch.recipient.as_ref()),
            },
            Question::Account(_) | Question::Kept(_) | Question::Hosted(_) => {
                Facts::Account(account.did.clone())
            }
        }
    }

    fn recipients(&self, number: u64, page: Option<Paginate>, most: usize) -> Facts {
        let registered = self.recipients.values();
        let registered = registered.filter(|(owner, _)| *owner == number);
        let all: Vec<&str> = registered.map(|(_, did)| did.as_str()).collect();
        let page = page.unwrap_or(Paginate {
            limit: u64::MAX,
            offset: 0,
        });
        let (range, _) = page.cut(all.len(), most);
        let dids = all.get(range).unwrap_or_default();
        Facts::Recipients {
            dids: dids.iter().map(|did| (*did).to_owned()).collect(),
            total: all.len(),
        }
    }

    fn sweep(&mut self, now: Timestamp) -> u64 {
        let mut swept = 0;
        for account in self.accounts.values_mut() {
            account.mail.retain(|_, held| {
                let stays = held.until >= now || swept >= SWEPT;
                swept += usize::from(!stays);
                stays
            });
        }
        self.hosted.retain(|_, (_, hosted)| {
            let stays = hosted.until >= now || swept >= SWEPT;
            swept += usize::from(!stays);
            stays
        });
        swept as u64
    }

    fn number(&self, account: &Did) -> Option<u64> {
        let mut accounts = self.accounts.iter();
        accounts
            .find(|(_, known)| known.did.is_same_as(account))
            .map(|(number, _)| *number)
    }

    fn account(&mut self, number: u64) -> &mut Account {
        self.accounts
            .get_mut(&number)
            .expect("its number was looked up just now")
    }
}

impl Account {
    fn waiting(&self, recipient: Option<&Did>) -> Waiting {
        let short = recipient.map(Did::short);
        let held = self.mail.values();
        let held = held.filter(|held| short.as_ref().is_none_or(|s| *s == held.recipient));
        let received = |held: Option<(&MailId, &Held)>| held.map(|(_, held)| held.received);
        let (first, last) = (self.mail.first_key_value(), self.mail.last_key_value());
        Waiting {
            room: room(held),
            span: match recipient {
                Some(_) => None,
                None => received(first).zip(received(last)),
            },
        }
    }

    fn mail(&self, fetch: &Fetch, now: Timestamp) -> Vec<(MailId, Vec<u8>)> {
        let short = fetch.recipient.as_ref().map(Did::short);
        let due = self.mail.iter().filter(|(id, held)| {
            held.from <= now
                && now <= held.until
                && short.as_ref().is_none_or(|s| *s == held.recipient)
                && !fetch.except.contains(id)
        });
        let mut bytes = 0;
        let mut mail = Vec::new();
        for (id, held) in due.take(fetch.most) {
            bytes += held.envelope.len();
            if bytes > fetch.bytes && !mail.is_empty() {
                break;
            }
            mail.push((*id, held.envelope.clone()));
        }
        mail
    }
}

fn room<'a>(held: impl Iterator<Item = &'a Held>) -> Room {
    held.fold(Room::default(), |room, held| Room {
        messages: room.messages + 1,
        bytes: room.bytes + held.envelope.len() as u64,
    })
}
