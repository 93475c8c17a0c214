//! What the suite needs of an implementation, and words for its stories.

use std::{collections::BTreeSet, future::Future};

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use signet_didcomm::did::{Did, peer4};
use signet_protocol::{
    mediator::{
        Change, Facts, Fetch, Mail, MailId, Mailbox, MailboxError, Outcome, Question, Quota, Room,
        Waiting,
    },
    time::Timestamp,
};

/// When the stories begin: not at zero, so that there is a before.
pub const T: Timestamp = Timestamp(1_000_000);
/// When what is put is dropped, unless a story says otherwise.
pub const LAST: Timestamp = Timestamp(2_000_000);
/// Room enough.
pub const WIDE: Quota = Quota {
    accounts: 1000,
    recipients: 1000,
    recipient: Room {
        messages: 10_000,
        bytes: 1 << 30,
    },
    account: Room {
        messages: 10_000,
        bytes: 1 << 30,
    },
    bytes: 1 << 40,
};

/// A place for one mailbox.
pub trait Stage: Send + Sync + 'static {
    type Mailbox: Mailbox;

    /// The mailbox, empty at first; after the one before was dropped, the same again.
    fn open(&self, quota: Quota) -> impl Future<Output = Self::Mailbox> + Send;
}

pub fn did(name: &str) -> Did {
    Did::parse(&format!("did:example:{name}")).unwrap()
}

/// A did:peer:4 in its long form.
pub fn long(seed: u64) -> Did {
    peer4::create(&[], &mut ChaCha8Rng::seed_from_u64(seed)).0
}

pub fn grant(account: &Did) -> Change {
    Change::Grant {
        account: account.clone(),
    }
}

pub fn forget(account: &Did) -> Change {
    Change::Forget {
        account: account.clone(),
    }
}

pub fn move_to(from: &Did, to: &Did) -> Change {
    Change::Move {
        from: from.clone(),
        to: to.clone(),
    }
}

pub fn register(account: &Did, recipient: &Did) -> Change {
    Change::Register {
        account: account.clone(),
        recipient: recipient.clone(),
    }
}

pub fn unregister(account: &Did, recipient: &Did) -> Change {
    Change::Unregister {
        account: account.clone(),
        recipient: recipient.clone(),
    }
}

pub fn mail(recipient: &Did, envelope: impl Into<Vec<u8>>) -> Mail {
    Mail {
        recipient: recipient.clone(),
        envelope: envelope.into(),
        from: Timestamp(0),
        until: LAST,
    }
}

pub fn put(recipient: &Did, envelope: impl Into<Vec<u8>>) -> Change {
    Change::Put(mail(recipient, envelope))
}

pub fn remove(account: &Did, ids: impl IntoIterator<Item = MailId>) -> Change {
    Change::Remove {
        account: account.clone(),
        ids: ids.into_iter().collect(),
    }
}

pub fn stored(account: &Did) -> Outcome {
    Outcome::Stored {
        account: account.clone(),
    }
}

/// A mailbox in the words of the stories. What cannot be reached fails the test.
pub trait Words: Mailbox {
    fn all(&self, changes: Vec<Change>) -> impl Future<Output = Vec<Outcome>> + Send {
        async { self.apply(changes, T).await.unwrap() }
    }

    /// Makes one change.
    fn make(&self, change: Change) -> impl Future<Output = Outcome> + Send {
        self.make_at(T, change)
    }

    fn make_at(&self, now: Timestamp, change: Change) -> impl Future<Output = Outcome> + Send {
        async move {
            let mut outcomes = self.apply(vec![change], now).await.unwrap();
            assert_eq!(outcomes.len(), 1, "one outcome for each change");
            outcomes.remove(0)
        }
    }

    /// An account with these recipients.
    fn settle(&self, account: &Did, recipients: &[&Did]) -> impl Future<Output = ()> + Send {
        async move {
            assert_eq!(self.make(grant(account)).await, Outcome::Done);
            for recipient in recipients {
                let outcome = self.make(register(account, recipient)).await;
                assert_eq!(outcome, Outcome::Done, "{recipient}");
            }
        }
    }

    fn ask(&self, question: Question) -> impl Future<Output = Facts> + Send {
        async { self.look(question, T).await.unwrap() }
    }

    fn status(&self, account: &Did) -> impl Future<Output = Waiting> + Send {
        self.status_of(account, None)
    }

    fn status_of(
        &self,
        account: &Did,
        recipient: Option<&Did>,
    ) -> impl Future<Output = Waiting> + Send {
        let question = Question::Status {
            account: account.clone(),
            recipient: recipient.cloned(),
        };
        async {
            match self.ask(question).await {
                Facts::Status(waiting) => waiting,
                other => panic!("{other:?}"),
            }
        }
    }

    fn fetch(
        &self,
        now: Timestamp,
        fetch: Fetch,
    ) -> impl Future<Output = Vec<(MailId, Vec<u8>)>> + Send {
        async move {
            match self.look(Question::Mail(fetch), now).await.unwrap() {
                Facts::Mail { mail, .. } => mail,
                other => panic!("{other:?}"),
            }
        }
    }

    /// The envelopes that wait, as texts.
    fn texts(&self, account: &Did) -> impl Future<Output = Vec<String>> + Send {
        self.texts_at(T, everything(account))
    }

    fn texts_at(&self, now: Timestamp, fetch: Fetch) -> impl Future<Output = Vec<String>> + Send {
        async move {
            let mail = self.fetch(now, fetch).await.into_iter();
            mail.map(|(_, text)| String::from_utf8(text).unwrap())
                .collect()
        }
    }

    fn ids(&self, account: &Did) -> impl Future<Output = Vec<MailId>> + Send {
        let fetch = everything(account);
        async {
            let mail = self.fetch(T, fetch).await.into_iter();
            mail.map(|(id, _)| id).collect()
        }
    }

    fn registered(&self, account: &Did) -> impl Future<Output = Vec<String>> + Send {
        let question = Question::Recipients {
            account: account.clone(),
            page: None,
            most: usize::MAX,
        };
        async {
            match self.ask(question).await {
                Facts::Recipients { dids, total } => {
                    assert_eq!(dids.len(), total);
                    dids
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

impl<M: Mailbox> Words for M {}

/// A question for all that waits.
pub fn everything(account: &Did) -> Fetch {
    Fetch {
        account: account.clone(),
        recipient: None,
        most: usize::MAX,
        bytes: usize::MAX,
        except: BTreeSet::new(),
    }
}

pub fn room(messages: u64, bytes: u64) -> Room {
    Room { messages, bytes }
}

/// Whether the mailbox was not to be reached.
pub fn is_away<T>(result: &Result<T, MailboxError>) -> bool {
    matches!(result, Err(MailboxError::Away(_)))
}
