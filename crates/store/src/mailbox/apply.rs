//! Facts, applied to the index.

use std::borrow::Cow;

use serde_bytes::ByteBuf;
use signet_didcomm::did::Did;
use signet_protocol::mediator::Room;

use super::{
    draft::{Draft, less, more, name},
    fact::Fact,
    hosted::{self, Page},
    key,
    value::{Held, Numbered, Spot, Totals, Usage},
};
use crate::{sealed::Name, view::ViewError};

/// Applies a fact whose record lies at `spot`.
pub(super) fn apply(draft: &mut Draft<'_>, fact: &Fact<'_>, spot: Spot) -> Result<(), ViewError> {
    match fact {
        Fact::Account { number, did } => account(draft, *number, did, spot),
        Fact::Forgotten { number } => forget(draft, *number),
        Fact::Recipient { number, did } => recipient(draft, *number, did, spot),
        Fact::Unregistered { name } => unregister(draft, name),
        Fact::Mail {
            id,
            number,
            recipient,
            received,
            from,
            until,
            envelope,
        } => {
            let held = Held {
                spot,
                bytes: envelope.len() as u64,
                recipient: *recipient,
                received: *received,
                from: *from,
                until: *until,
            };
            mail(draft, *number, *id, &held)
        }
        Fact::Gone { number, ids } => ids.iter().try_for_each(|id| gone(draft, *number, *id)),
        Fact::Numbers { account, mail } => totals(draft, |totals| {
            totals.last_account = totals.last_account.max(*account);
            totals.last_mail = totals.last_mail.max(*mail);
        }),
        Fact::Kept { name, value } => draft.put_sealed(key::kept(name), spot, value),
        Fact::Hosted {
            id,
            number,
            until,
            invitation,
        } => {
            let page = Page {
                number: *number,
                until: *until,
                id: *id,
                invitation: invitation.to_vec(),
            };
            hosted::put(draft, &page, spot)
        }
        Fact::Unhosted { name } => hosted::remove(draft, name),
    }
}

/// A fact of the record at `spot` as it is to be said again, if it still holds by that record.
pub(super) fn renewed<'a>(
    draft: &Draft<'_>,
    fact: Fact<'a>,
    spot: Spot,
) -> Result<Option<Fact<'a>>, ViewError> {
    let said_here = |key: &[u8]| -> Result<Option<Vec<u8>>, ViewError> {
        let found = draft.sealed(key)?;
        Ok(found.and_then(|(at, bytes)| (at == spot).then_some(bytes)))
    };
    Ok(match fact {
        Fact::Account { number, .. } => said_here(&key::account(number))?.map(|_| fact),
        Fact::Recipient { ref did, .. } => {
            let key = key::recipient(&name(draft.keys, did));
            said_here(&key)?.map(|_| fact)
        }
        Fact::Mail { id, number, .. } => {
            let held: Option<Held> = draft.get(&key::mail(number, id))?;
            held.is_some_and(|held| held.spot == spot).then_some(fact)
        }
        Fact::Kept { name, .. } => said_here(&key::kept(&name))?.map(|value| Fact::Kept {
            name,
            value: Cow::Owned(ByteBuf::from(value)),
        }),
        Fact::Hosted { ref id, .. } => {
            said_here(&key::hosted(&hosted::name(draft.keys, id)))?.map(|_| fact)
        }
        Fact::Forgotten { .. }
        | Fact::Unregistered { .. }
        | Fact::Gone { .. }
        | Fact::Unhosted { .. }
        | Fact::Numbers { .. } => None,
    })
}

fn account(draft: &mut Draft<'_>, number: u64, did: &Did, spot: Spot) -> Result<(), ViewError> {
    let key = key::account(number);
    match draft.numbered(&key)? {
        Some(before) => draft.remove(key::account_of(&name(draft.keys, &before.did))),
        None => totals(draft, |totals| {
            totals.accounts += 1;
            totals.last_account = totals.last_account.max(number);
        })?,
    }
    draft.put(key::account_of(&name(draft.keys, did)), &number);
    let did = did.clone();
    draft.put_sealed(key, spot, &Numbered { number, did }.to_bytes())
}

/// Its beginning may have gone from the log before what else there was of it.
fn forget(draft: &mut Draft<'_>, number: u64) -> Result<(), ViewError> {
    for key in draft.keys(&key::registered(number, None))? {
        if let Some(name) = key.last_chunk() {
            unregister(draft, name)?;
        }
    }
    for key in draft.keys(&key::mail_of(number))? {
        if let Some(id) = key::last_number(&key) {
            gone(draft, number, id)?;
        }
    }
    hosted::remove_all(draft, number)?;
    draft.remove(key::usage(number));
    let key = key::account(number);
    let Some(known) = draft.numbered(&key)? else {
        return Ok(());
    };
    draft.remove(key::account_of(&name(draft.keys, &known.did)));
    draft.remove_sealed(&key)?;
    totals(draft, |totals| {
        totals.accounts = totals.accounts.saturating_sub(1);
    })
}

fn recipient(draft: &mut Draft<'_>, number: u64, did: &Did, spot: Spot) -> Result<(), ViewError> {
    let name = name(draft.keys, did);
    let key = key::recipient(&name);
    if !draft.has(&key)? {
        draft.put(key::registered(number, Some(&name)), &number);
        let mut usage: Usage = draft.sum(&key::usage(number))?;
        usage.recipients += 1;
        draft.put(key::usage(number), &usage);
    }
    let did = did.clone();
    draft.put_sealed(key, spot, &Numbered { number, did }.to_bytes())
}

fn unregister(draft: &mut Draft<'_>, name: &Name) -> Result<(), ViewError> {
    let key = key::recipient(name);
    let Some(Numbered { number, .. }) = draft.numbered(&key)? else {
        return Ok(());
    };
    draft.remove_sealed(&key)?;
    draft.remove(key::registered(number, Some(name)));
    let mut usage: Usage = draft.sum(&key::usage(number))?;
    usage.recipients = usage.recipients.saturating_sub(1);
    draft.put(key::usage(number), &usage);
    Ok(())
}

/// An envelope that waits already lies elsewhere from now on.
fn mail(draft: &mut Draft<'_>, number: u64, id: u64, held: &Held) -> Result<(), ViewError> {
    let key = key::mail(number, id);
    match draft.get::<Held>(&key)? {
        Some(before) => draft.dead(before.spot)?,
        None => {
            settle(draft, number, held, more)?;
            totals(draft, |totals| {
                totals.last_mail = totals.last_mail.max(id);
                more(&mut totals.room, held.bytes);
            })?;
            draft.put(key::expiry(held.until.0, id), &number);
        }
    }
    draft.live(held.spot)?;
    draft.put(key, held);
    Ok(())
}

fn gone(draft: &mut Draft<'_>, number: u64, id: u64) -> Result<(), ViewError> {
    let key = key::mail(number, id);
    let Some(held) = draft.get::<Held>(&key)? else {
        return Ok(());
    };
    draft.remove(key);
    draft.remove(key::expiry(held.until.0, id));
    draft.dead(held.spot)?;
    settle(draft, number, &held, less)?;
    totals(draft, |totals| less(&mut totals.room, held.bytes))
}

/// Counts an envelope for its recipient and its account.
fn settle(
    draft: &mut Draft<'_>,
    number: u64,
    held: &Held,
    by: fn(&mut Room, u64),
) -> Result<(), ViewError> {
    let waiting = key::waiting(number, &held.recipient);
    draft.count(waiting, held.bytes, by)?;
    let mut usage: Usage = draft.sum(&key::usage(number))?;
    by(&mut usage.room, held.bytes);
    draft.put(key::usage(number), &usage);
    Ok(())
}

pub(super) fn totals(
    draft: &mut Draft<'_>,
    edit: impl FnOnce(&mut Totals),
) -> Result<(), ViewError> {
    let mut totals: Totals = draft.sum(key::TOTALS)?;
    edit(&mut totals);
    draft.put(key::TOTALS.to_vec(), &totals);
    Ok(())
}
