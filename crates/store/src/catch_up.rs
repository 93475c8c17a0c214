//! Catching up: what the journal holds behind the view's mark is applied to the view.

use std::{fs::File, io, ops::Range, path::Path};

use crate::{
    identities::Identities,
    journal::replay::{Next, Replay},
    record::{Record, decode},
    sealed::Keys,
    store::ReadError,
    view::{View, ViewError},
};

/// Records of the journal that are applied to the view together: most of a message's are about the
/// same few values.
const AT_ONCE: usize = 512;

/// What was read behind the mark.
pub(crate) struct CaughtUp {
    /// Where the journal ends.
    pub(crate) end: u64,
    /// How many entries came.
    pub(crate) entries: u64,
    /// What did not open.
    pub(crate) damage: Vec<Range<u64>>,
    /// Where the torn end begins, and whether it may have been a whole record.
    pub(crate) torn: Option<(u64, bool)>,
}

/// Why the view could not be caught up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatchUpError {
    #[error(transparent)]
    View(#[from] ViewError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the journal cannot be read: {0}")]
    Journal(#[from] io::Error),
}

impl CatchUpError {
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::View(ViewError::Full))
    }
}

/// Applies what the journal holds in `span` to the view.
pub(crate) fn catch_up(
    view: &View,
    keys: &Keys,
    path: &Path,
    id: [u8; 16],
    span: Range<u64>,
    identities: &mut Identities,
) -> Result<CaughtUp, CatchUpError> {
    let mut caught = CaughtUp {
        end: span.end,
        entries: 0,
        damage: Vec::new(),
        torn: None,
    };
    let mut place = span.start;
    let mut gathered: Vec<Record<'_>> = Vec::new();
    let mut replay = Replay::new(keys, File::open(path)?, id, span.start, span.end)?;
    loop {
        match replay.next()? {
            Next::Record { payload, end } => {
                match decode::<Vec<Record<'_>>>(&payload) {
                    Some(records) => {
                        caught.entries +=
                            records.iter().filter(|record| record.is_entry()).count() as u64;
                        gathered.extend(records);
                    }
                    None => caught.damage.push(place..end),
                }
                place = end;
                if gathered.len() >= AT_ONCE {
                    view.apply(&gathered, identities, id, place)?;
                    gathered.clear();
                }
                continue;
            }
            Next::Damage { start, end } => {
                caught.damage.push(start..end);
                place = end;
                continue;
            }
            Next::Torn { start, whole } => {
                caught.end = start;
                caught.torn = Some((start, whole));
            }
            Next::End(end) => caught.end = end,
        }
        if !gathered.is_empty() {
            view.apply(&gathered, identities, id, place)?;
        }
        return Ok(caught);
    }
}
