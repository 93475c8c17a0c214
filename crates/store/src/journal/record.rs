//! One record of the journal, in bytes.
//!
//! ```text
//! length u32 │ mark [4] │ sealed(length of payload u32 │ payload │ zeros)
//! ```
//! `length` counts the sealed part; the whole is a size class, so records begin at multiples of 64.
//! `mark` is a keyed hash of place and length: it tells a beginning from arbitrary bytes, so that sound
//! records behind a damaged one are found again. What is sealed is bound to the file and the place.

use crate::sealed::{Keys, LENGTH, OVERHEAD, size_class};

/// Length of what precedes the sealed part.
pub(crate) const HEAD: usize = 8;
/// The smallest record.
pub(crate) const LEAST: usize = 512;
/// The largest payload: far above what one group of steps makes, far below what a file can ask
/// us to allocate.
pub(crate) const MOST: usize = 128 * 1024 * 1024;
/// Records begin at multiples of this.
pub(crate) const ALIGNMENT: u64 = 64;

/// How many bytes the record of so long a payload has.
pub(crate) fn total(payload: usize) -> usize {
    size_class(HEAD + LENGTH + payload + OVERHEAD, LEAST)
}

/// Appends the record that holds `payload` at `place` of the file; `None` if it is too large.
pub(crate) fn seal(
    keys: &Keys,
    file: &[u8; 16],
    place: u64,
    payload: &[u8],
    bytes: &mut Vec<u8>,
) -> Option<()> {
    if payload.len() > MOST {
        return None;
    }
    let total = total(payload.len());
    let sealed = keys
        .journal
        .seal_padded(&about(file, place), payload, total - HEAD);
    let length = u32::try_from(sealed.len()).ok()?;
    bytes.reserve(total);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&mark(keys, file, place, length));
    bytes.extend_from_slice(&sealed);
    Some(())
}

/// The length of the sealed part, if a record begins with `head` at `place`.
pub(crate) fn length(keys: &Keys, file: &[u8; 16], place: u64, head: &[u8; HEAD]) -> Option<usize> {
    let [a, b, c, d, given @ ..] = *head;
    let length = u32::from_le_bytes([a, b, c, d]);
    let total = usize::try_from(length).ok()?.checked_add(HEAD)?;
    if total < LEAST
        || total > size_class(HEAD + LENGTH + MOST + OVERHEAD, LEAST)
        || !total.is_multiple_of(64)
    {
        return None;
    }
    (mark(keys, file, place, length) == given).then_some(total - HEAD)
}

/// The payload of the sealed part.
pub(crate) fn open(
    keys: &Keys,
    file: &[u8; 16],
    place: u64,
    sealed: &[u8],
) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    keys.journal.open_padded(&about(file, place), sealed)
}

fn about(file: &[u8; 16], place: u64) -> [u8; 24] {
    let mut about = [0; 24];
    about[..16].copy_from_slice(file);
    about[16..].copy_from_slice(&place.to_le_bytes());
    about
}

fn mark(keys: &Keys, file: &[u8; 16], place: u64, length: u32) -> [u8; 4] {
    let [a, b, c, d, ..] = keys
        .marks
        .name(&[&about(file, place), &length.to_le_bytes()]);
    [a, b, c, d]
}
