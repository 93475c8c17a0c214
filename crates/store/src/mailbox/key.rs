//! The keys of the index: a kind, then numbers and names of fixed length, so that what belongs
//! together lies together.

use crate::sealed::Name;

/// Which account has the DID of this name.
pub(super) fn account_of(did: &Name) -> Vec<u8> {
    joined(b'a', &[did])
}

/// What is known of the account.
pub(super) fn account(number: u64) -> Vec<u8> {
    joined(b'A', &[&number.to_be_bytes()])
}

/// What the account uses.
pub(super) fn usage(number: u64) -> Vec<u8> {
    joined(b'q', &[&number.to_be_bytes()])
}

/// Whose the registered DID of this name is.
pub(super) fn recipient(did: &Name) -> Vec<u8> {
    joined(b'r', &[did])
}

/// That the account registered the DID of this name; all of the account's, without one.
pub(super) fn registered(number: u64, did: Option<&Name>) -> Vec<u8> {
    joined(b'l', &[&number.to_be_bytes(), did.map_or(&[], |d| &d[..])])
}

/// How much waits for the account under the DID of this name.
pub(super) fn waiting(number: u64, did: &Name) -> Vec<u8> {
    joined(b'u', &[&number.to_be_bytes(), did])
}

/// Where an envelope lies.
pub(super) fn mail(number: u64, id: u64) -> Vec<u8> {
    joined(b'm', &[&number.to_be_bytes(), &id.to_be_bytes()])
}

/// All envelopes of the account.
pub(super) fn mail_of(number: u64) -> Vec<u8> {
    joined(b'm', &[&number.to_be_bytes()])
}

/// When an envelope is too old.
pub(super) fn expiry(until: u64, id: u64) -> Vec<u8> {
    joined(b'e', &[&until.to_be_bytes(), &id.to_be_bytes()])
}

/// All envelopes by when they are too old.
pub(super) const EXPIRIES: &[u8] = b"e";

/// When an envelope is too old, and its id.
pub(super) fn expired(key: &[u8]) -> Option<(u64, u64)> {
    let (until, id) = key.strip_prefix(EXPIRIES)?.split_first_chunk()?;
    Some((u64::from_be_bytes(*until), last_number(id)?))
}

/// The hosted invitation of this name.
pub(super) fn hosted(name: &Name) -> Vec<u8> {
    joined(b'h', &[name])
}

/// The name of the account's hosted invitation with this content; all of the account's, without one.
pub(super) fn hosted_of(number: u64, content: Option<&Name>) -> Vec<u8> {
    let content = content.map_or(&[][..], |c| &c[..]);
    joined(b'H', &[&number.to_be_bytes(), content])
}

/// When a hosted invitation is over.
pub(super) fn hosted_until(until: u64, name: &Name) -> Vec<u8> {
    joined(b'x', &[&until.to_be_bytes(), name])
}

/// All hosted invitations by when they are over.
pub(super) const HOSTED_UNTIL: &[u8] = b"x";

/// When a hosted invitation is over, and its name.
pub(super) fn hosted_expired(key: &[u8]) -> Option<(u64, Name)> {
    let (until, name) = key.strip_prefix(HOSTED_UNTIL)?.split_first_chunk()?;
    Some((u64::from_be_bytes(*until), name.try_into().ok()?))
}

/// How much of the segments is of use.
pub(super) const SEGMENTS: &[u8] = b"s";

/// How much of this segment is of use.
pub(super) fn segment(segment: u32) -> Vec<u8> {
    joined(b's', &[&segment.to_be_bytes()])
}

/// Something of the mediator's own.
pub(super) fn kept(name: &str) -> Vec<u8> {
    joined(b'k', &[name.as_bytes()])
}

/// The sums over all.
pub(super) const TOTALS: &[u8] = b"t";

/// How far in the log the index has come.
pub(super) const MARK: &[u8] = b"#";

/// The last number in a key that ends with one.
pub(super) fn last_number(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

fn joined(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}
