//! A forward: into the mailbox with what it carries.

use std::time::Duration;

use rand_core::CryptoRng;
use signet_didcomm::{
    did::DidUrl,
    message::Message,
    routing::{self, Forward, MAX_ENVELOPES},
};

use super::{Change, Mail, Unread, limit};
use crate::time::Timestamp;

/// What a forward asks to be put into the mailbox; `None` for another message.
pub(super) fn read(
    message: &Message,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Option<Result<Vec<Change>, Unread>> {
    if !message.is(routing::FORWARD) {
        return None;
    }
    // Whoever hears that it was taken believes that all of it goes on.
    let forward = match message.attachments.len() {
        0..=MAX_ENVELOPES => routing::read(message),
        _ => None,
    };
    Some(match forward {
        Some(forward) => changes(forward, now, rng),
        None => Err(Unread::NothingToPassOn),
    })
}

fn changes(
    forward: Forward,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Vec<Change>, Unread> {
    if forward.envelopes.iter().any(|e| e.len() > limit::ENVELOPE) {
        return Err(Unread::TooLarge);
    }
    // Whoever names nobody that could be is told no more than who names somebody unknown.
    let Ok(next) = DidUrl::parse(&forward.next) else {
        return Ok(Vec::new());
    };
    let recipient = next.did();
    let from = now.after(delay(forward.delay_milli, rng));
    let until = expiry(&forward, now);
    let mail = forward.envelopes.into_iter().map(|envelope| Mail {
        recipient: recipient.clone(),
        envelope,
        from,
        until,
    });
    Ok(mail.map(Change::Put).collect())
}

/// When it is dropped: when its sender says so, at the latest when it has waited for too long.
fn expiry(forward: &Forward, now: Timestamp) -> Timestamp {
    let last = now.after(limit::HOLD);
    forward
        .expires_time
        .map(|seconds| Timestamp(seconds.saturating_mul(1000).saturating_add(999)))
        .map_or(last, |said| said.min(last))
}

/// A negative delay is a random one up to so long.
fn delay(milli: Option<i64>, rng: &mut impl CryptoRng) -> Duration {
    let Some(milli) = milli else {
        return Duration::ZERO;
    };
    let most = Duration::from_millis(milli.unsigned_abs()).min(limit::DELAY);
    match milli < 0 {
        true => most.mul_f64((rng.next_u32() as f64) / f64::from(u32::MAX)),
        false => most,
    }
}
