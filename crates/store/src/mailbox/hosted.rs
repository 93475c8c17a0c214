//! Invitations that have a page: looked up by what the page is called, which nothing on the disk says
//! in the open.

use std::borrow::Cow;

use serde_bytes::Bytes;
use signet_protocol::{
    mediator::{Hosted, HostedId, Outcome, Quota, limit},
    time::Timestamp,
};

use super::{
    apply::totals,
    draft::{Draft, less, more},
    fact::Fact,
    group::Group,
    key,
    value::{Spot, Totals, Value},
};
use crate::{
    sealed::{Keys, NAME, Name},
    view::ViewError,
};

/// A hosted invitation, as the index has it.
pub(super) struct Page {
    /// Whose.
    pub(super) number: u64,
    pub(super) until: Timestamp,
    pub(super) id: [u8; 16],
    pub(super) invitation: Vec<u8>,
}

impl Page {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.number.to_le_bytes().to_vec();
        bytes.extend_from_slice(&self.until.0.to_le_bytes());
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(&self.invitation);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk()?;
        let (until, rest) = rest.split_first_chunk()?;
        let (id, invitation) = rest.split_first_chunk()?;
        Some(Self {
            number: u64::from_le_bytes(*number),
            until: Timestamp(u64::from_le_bytes(*until)),
            id: *id,
            invitation: invitation.to_vec(),
        })
    }

    /// The page of this name.
    pub(super) fn of(draft: &Draft<'_>, name: &Name) -> Result<Option<Self>, ViewError> {
        let found = draft.sealed(&key::hosted(name))?;
        found
            .map(|(_, bytes)| Self::from_bytes(&bytes).ok_or(ViewError::Damaged))
            .transpose()
    }
}

/// The name of what is called so.
pub(super) fn name(keys: &Keys, id: &[u8; 16]) -> Name {
    keys.names.name(&[b"hosted", id])
}

fn content(keys: &Keys, invitation: &[u8]) -> Name {
    keys.names.name(&[b"invitation", invitation])
}

/// What can be told of a hosted invitation at this time.
pub(super) fn find(
    draft: &Draft<'_>,
    id: HostedId,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, ViewError> {
    let page = Page::of(draft, &name(draft.keys, &id.0))?;
    let page = page.filter(|page| now <= page.until);
    Ok(page.map(|page| page.invitation))
}

/// Applies that an invitation has a page; one that has it already has it until then from now on.
pub(super) fn put(draft: &mut Draft<'_>, page: &Page, spot: Spot) -> Result<(), ViewError> {
    let name = name(draft.keys, &page.id);
    match Page::of(draft, &name)? {
        Some(before) => draft.remove(key::hosted_until(before.until.0, &name)),
        None => {
            let bytes = page.invitation.len() as u64;
            totals(draft, |totals| more(&mut totals.room, bytes))?;
        }
    }
    let content = content(draft.keys, &page.invitation);
    draft.put(key::hosted_of(page.number, Some(&content)), &Named(name));
    draft.put(key::hosted_until(page.until.0, &name), &page.number);
    draft.put_sealed(key::hosted(&name), spot, &page.to_bytes())
}

/// Applies that there is none of this name any more.
pub(super) fn remove(draft: &mut Draft<'_>, name: &Name) -> Result<(), ViewError> {
    let Some(page) = Page::of(draft, name)? else {
        return Ok(());
    };
    let content = content(draft.keys, &page.invitation);
    draft.remove(key::hosted_of(page.number, Some(&content)));
    draft.remove(key::hosted_until(page.until.0, name));
    draft.remove_sealed(&key::hosted(name))?;
    let bytes = page.invitation.len() as u64;
    totals(draft, |totals| less(&mut totals.room, bytes))
}

/// Likewise of all of an account.
pub(super) fn remove_all(draft: &mut Draft<'_>, number: u64) -> Result<(), ViewError> {
    for key in draft.keys(&key::hosted_of(number, None))? {
        if let Some(Named(name)) = draft.get(&key)? {
            remove(draft, &name)?;
        }
    }
    Ok(())
}

/// Decides whether an invitation gets a page.
pub(super) fn host(
    group: &mut Group<'_>,
    hosted: &Hosted,
    quota: &Quota,
) -> Result<Outcome, ViewError> {
    let draft = &group.draft;
    let Some(number) = draft.account(&hosted.account)? else {
        return Ok(Outcome::Refused);
    };
    let content = content(draft.keys, &hosted.invitation);
    let known: Option<Named> = draft.get(&key::hosted_of(number, Some(&content)))?;
    let known = match known {
        Some(Named(name)) => Page::of(draft, &name)?,
        None => None,
    };
    let (id, until) = match known {
        Some(known) => (known.id, known.until.max(hosted.until)),
        None => {
            let count = draft.keys(&key::hosted_of(number, None))?.len();
            let totals: Totals = draft.sum(key::TOTALS)?;
            let bytes = hosted.invitation.len() as u64;
            let is_full = totals.room.bytes.saturating_add(bytes) > quota.bytes;
            if is_full || count >= limit::HOSTED {
                return Ok(Outcome::Full);
            }
            (hosted.id.0, hosted.until)
        }
    };
    group.note(&Fact::Hosted {
        id,
        number,
        until,
        invitation: Cow::Borrowed(Bytes::new(&hosted.invitation)),
    })?;
    let id = HostedId(id);
    Ok(Outcome::Hosted { id, until })
}

/// Decides whether an account's invitation loses its page.
pub(super) fn unhost(
    group: &mut Group<'_>,
    number: u64,
    id: HostedId,
) -> Result<Outcome, ViewError> {
    let name = name(group.draft.keys, &id.0);
    match Page::of(&group.draft, &name)? {
        Some(page) if page.number == number => {
            group.note(&Fact::Unhosted { name })?;
            Ok(Outcome::Done)
        }
        Some(_) | None => Ok(Outcome::Unchanged),
    }
}

/// Drops a few that are over.
pub(super) fn sweep(
    group: &mut Group<'_>,
    most: usize,
    now: Timestamp,
) -> Result<usize, ViewError> {
    let over = group.draft.first(key::HOSTED_UNTIL, most, |key| {
        key::hosted_expired(key).is_some_and(|(until, _)| until < now.0)
    })?;
    for (key, _) in &over {
        if let Some((_, name)) = key::hosted_expired(key) {
            group.note(&Fact::Unhosted { name })?;
        }
    }
    Ok(over.len())
}

/// A name, as a value.
struct Named(Name);

impl Value for Named {
    fn to_numbers(&self) -> Vec<u64> {
        let (chunks, _) = self.0.as_chunks();
        chunks.iter().map(|c| u64::from_le_bytes(*c)).collect()
    }

    fn from_numbers(numbers: &[u64]) -> Option<Self> {
        let [first, second] = *numbers else {
            return None;
        };
        let mut name = [0; NAME];
        let (a, b) = name.split_at_mut(NAME / 2);
        a.copy_from_slice(&first.to_le_bytes());
        b.copy_from_slice(&second.to_le_bytes());
        Some(Self(name))
    }
}
