//! The thread that writes: what waits is decided and committed together.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use signet_protocol::{
    mediator::{Change, MailboxError, Outcome, Quota},
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};

use super::{
    draft::Draft, fact::Fact, group::Group, hosted, key, segments::Segments, tidy::Tidying,
    value::Spot,
};
use crate::{
    journal::{AppendError, HEADER, Journal},
    sealed::Keys,
    view::ViewError,
};

/// Orders that share a commit.
const ORDERS: usize = 128;
/// Writes to the index that share a commit: large batches cost sled memory out of proportion.
const WRITES: usize = 512;
/// Envelopes and hosted invitations swept at once.
const SWEPT: usize = 512;

/// What the thread is asked for.
pub(super) enum Order {
    Apply {
        changes: Vec<Change>,
        now: Timestamp,
        reply: oneshot::Sender<Result<Vec<Outcome>, MailboxError>>,
    },
    Sweep {
        now: Timestamp,
        reply: oneshot::Sender<Result<u64, MailboxError>>,
    },
}

/// An order that was obeyed, and waits for the commit.
enum Obeyed {
    Applied(
        oneshot::Sender<Result<Vec<Outcome>, MailboxError>>,
        Vec<Outcome>,
    ),
    Swept(oneshot::Sender<Result<u64, MailboxError>>, u64),
}

/// What the thread owns.
pub(super) struct Writer {
    pub(super) tree: sled::Db,
    pub(super) keys: Arc<Keys>,
    pub(super) segments: Arc<Segments>,
    pub(super) journal: Journal,
    /// The number of the segment that `journal` is.
    pub(super) last: u32,
    pub(super) quota: Quota,
    /// A segment of so many bytes is the last one no more.
    pub(super) long: u64,
    pub(super) tidying: Option<Tidying>,
    /// Why nothing is written any more.
    pub(super) broken: Option<String>,
}

impl Writer {
    /// Obeys until nobody can give orders any more.
    pub(super) fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut waiting = Vec::new();
        while orders.blocking_recv_many(&mut waiting, ORDERS) > 0 {
            let mut queue: VecDeque<Order> = waiting.drain(..).collect();
            while !queue.is_empty() {
                self.serve(&mut queue);
            }
            self.tidy();
        }
    }

    /// Decides and commits the first few orders.
    fn serve(&mut self, queue: &mut VecDeque<Order>) {
        let mut obeyed = Vec::new();
        let result = match &self.broken {
            Some(reason) => Err(MailboxError::Broken(reason.clone())),
            None => self.committed(|group, quota| {
                while group.draft.len() < WRITES
                    && let Some(order) = queue.pop_front()
                {
                    obeyed.push(obey(group, quota, order)?);
                }
                Ok(())
            }),
        };
        if let Err(error) = result {
            // Whoever was not yet asked is refused with the others, or a failure could repeat itself
            // before it is told.
            let rest = queue.drain(..).map(refused_of);
            obeyed.extend(rest);
            return obeyed.into_iter().for_each(|one| one.refuse(&error));
        }
        obeyed.into_iter().for_each(Obeyed::confirm);
    }

    /// Lets `fill` decide what is in a group, and commits it.
    pub(super) fn committed(
        &mut self,
        fill: impl FnOnce(&mut Group<'_>, &Quota) -> Result<(), ViewError>,
    ) -> Result<(), MailboxError> {
        self.turn_over().map_err(unwritten)?;
        let Self {
            tree,
            keys,
            journal,
            last,
            quota,
            ..
        } = self;
        let next = Spot {
            segment: *last,
            offset: journal.tail(),
            size: 0,
        };
        let work = || {
            let mut group = Group::new(Draft::new(tree, keys), next);
            if next.offset == HEADER {
                group.begin().map_err(super::failed)?;
            }
            fill(&mut group, quota).map_err(super::failed)?;
            let Group {
                draft,
                payloads,
                next,
            } = group;
            if payloads.is_empty() {
                return Ok(());
            }
            journal
                .append_all(keys, payloads.iter().map(Vec::as_slice))
                .map_err(unappended)?;
            draft.write(next).map_err(super::failed)
        };
        let result = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(MailboxError::Broken("the database panicked".into())));
        if let Err(MailboxError::Broken(reason)) = &result {
            tracing::error!(reason, "the mailbox failed");
            self.broken = Some(reason.clone());
        }
        result
    }

    /// Begins another segment when the last has grown long.
    fn turn_over(&mut self) -> io::Result<()> {
        if self.journal.tail() < self.long {
            return Ok(());
        }
        let next = self.last + 1;
        self.journal = self.segments.begin(next)?;
        self.last = next;
        Ok(())
    }
}

impl Obeyed {
    // Whoever asked may have left.
    fn confirm(self) {
        match self {
            Self::Applied(reply, outcomes) => drop(reply.send(Ok(outcomes))),
            Self::Swept(reply, count) => drop(reply.send(Ok(count))),
        }
    }

    fn refuse(self, error: &MailboxError) {
        match self {
            Self::Applied(reply, _) => drop(reply.send(Err(error.clone()))),
            Self::Swept(reply, _) => drop(reply.send(Err(error.clone()))),
        }
    }
}

fn refused_of(order: Order) -> Obeyed {
    match order {
        Order::Apply { reply, .. } => Obeyed::Applied(reply, Vec::new()),
        Order::Sweep { reply, .. } => Obeyed::Swept(reply, 0),
    }
}

fn obey(group: &mut Group<'_>, quota: &Quota, order: Order) -> Result<Obeyed, ViewError> {
    match order {
        Order::Apply {
            changes,
            now,
            reply,
        } => {
            let outcomes = changes
                .iter()
                .map(|change| group.decide(change, quota, now));
            Ok(Obeyed::Applied(reply, outcomes.collect::<Result<_, _>>()?))
        }
        Order::Sweep { now, reply } => Ok(Obeyed::Swept(reply, sweep(group, now)?)),
    }
}

fn sweep(group: &mut Group<'_>, now: Timestamp) -> Result<u64, ViewError> {
    let old = group.draft.first(key::EXPIRIES, SWEPT, |key| {
        key::expired(key).is_some_and(|(until, _)| until < now.0)
    })?;
    for (key, number) in &old {
        if let Some((_, id)) = key::expired(key) {
            group.note(&Fact::Gone {
                number: *number,
                ids: vec![id],
            })?;
        }
    }
    let hosted = hosted::sweep(group, SWEPT - old.len(), now)?;
    Ok((old.len() + hosted) as u64)
}

fn unappended(error: AppendError) -> MailboxError {
    match error {
        AppendError::Full => MailboxError::Full,
        AppendError::Broken(error) => MailboxError::Broken(error.to_string()),
        AppendError::TooLarge => MailboxError::Broken("a record is too large".into()),
    }
}

fn unwritten(error: io::Error) -> MailboxError {
    match crate::folder::is_full(&error) {
        true => MailboxError::Full,
        false => MailboxError::Broken(error.to_string()),
    }
}
