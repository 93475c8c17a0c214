//! Giving room back: what is still of use in the first segment is said again in the last, a little
//! with every commit, and then the first goes.
//!
//! Always the first: whatever a later one takes back was said before, so no part of the log that is
//! left can bring back what is gone.

use std::io;

use super::{
    apply::renewed,
    draft::Draft,
    fact::Fact,
    key,
    value::{Spot, Value},
    writer::Writer,
};
use crate::{
    journal::{
        HEADER,
        replay::{Next, Replay},
    },
    record::decode,
    view::ViewError,
};
use signet_protocol::mediator::{MailboxError, Room};

/// Bytes of the first segment that are gone through at once.
const SLICE: u64 = 1024 * 1024;
/// The log may be so many segments longer than twice what is of use in it.
const SLACK: u64 = 4;

/// How far the first segment was gone through.
#[derive(Clone, Copy)]
pub(super) struct Tidying {
    segment: u32,
    place: u64,
}

impl Writer {
    /// Goes through a part of the first segment, if that is worth it. What fails is tried again.
    pub(super) fn tidy(&mut self) {
        if self.broken.is_some() {
            return;
        }
        if let Err(error) = self.tidy_a_little() {
            tracing::warn!(%error, "the mailbox could not be tidied");
            self.tidying = None;
        }
    }

    fn tidy_a_little(&mut self) -> Result<(), MailboxError> {
        let numbers = self.segments.numbers();
        let Some(&first) = numbers.first().filter(|first| **first < self.last) else {
            return Ok(());
        };
        let tidying = match self.tidying {
            Some(tidying) => tidying,
            None => {
                let used = self.used().map_err(super::failed)?;
                let length = self.long * (numbers.len() as u64 - 1);
                let is_empty = self.of_use(first).map_err(super::failed)?.messages == 0;
                if !is_empty && length <= 2 * used + SLACK * self.long {
                    return Ok(());
                }
                Tidying {
                    segment: first,
                    place: match is_empty {
                        true => u64::MAX,
                        false => HEADER,
                    },
                }
            }
        };
        self.tidying = self.carry(tidying)?;
        if self.tidying.is_none() {
            let left = self.of_use(first).map_err(super::failed)?;
            // What cannot be read any more cannot be carried either.
            if left.messages > 0 {
                tracing::error!(left.messages, "a damaged part of the log is given up");
            }
            self.segments.delete(first).map_err(lost)?;
        }
        Ok(())
    }

    /// Says again what is of use in a part of the segment; `None` at its end.
    fn carry(&mut self, tidying: Tidying) -> Result<Option<Tidying>, MailboxError> {
        let Tidying { segment, place } = tidying;
        let (file, id, end) = self.segments.file(segment).map_err(lost)?;
        if place >= end {
            return Ok(None);
        }
        let keys = self.keys.clone();
        let mut replay = Replay::new(&keys, file, id, place, end).map_err(lost)?;
        let mut at = place;
        let mut found = Vec::new();
        while at < (place + SLICE).min(end) {
            match replay.next().map_err(lost)? {
                Next::Record { payload, end } => {
                    let spot = Spot {
                        segment,
                        offset: at,
                        size: end - at,
                    };
                    if let Some(fact) = decode::<Fact<'static>>(&payload) {
                        found.push((fact, spot));
                    }
                    at = end;
                }
                Next::Damage { end, .. } => at = end,
                Next::Torn { .. } | Next::End(_) => at = end,
            }
        }
        self.committed(|group, _| {
            for (fact, spot) in found {
                if let Some(fact) = renewed(&group.draft, fact, spot)? {
                    group.note(&fact)?;
                }
            }
            Ok(())
        })?;
        Ok(Some(Tidying { segment, place: at }))
    }

    /// Bytes of the log that are of use.
    fn used(&self) -> Result<u64, ViewError> {
        let mut used = 0;
        for found in self.tree.scan_prefix(key::SEGMENTS).values() {
            used += Room::from_bytes(&found?).ok_or(ViewError::Damaged)?.bytes;
        }
        Ok(used)
    }

    fn of_use(&self, segment: u32) -> Result<Room, ViewError> {
        Draft::new(&self.tree, &self.keys).sum(&key::segment(segment))
    }
}

fn lost(error: io::Error) -> MailboxError {
    MailboxError::Away(error.to_string())
}
