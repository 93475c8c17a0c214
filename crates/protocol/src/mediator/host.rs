//! Hosting invitations: a short link in place of a long one.
//!
//! Only an out-of-band 2.0 invitation is taken, and the page gives nothing else, so nobody hides where
//! a link leads behind the mediator's name. Source: didcomm.org, "shorten-url/1.0".

use std::{fmt, str::FromStr, time::Duration};

use rand_core::CryptoRng;
use signet_didcomm::{
    did::Did,
    out_of_band::{Invitation, InvitationError},
    shorten_url::{GOAL_OOB_V2, Problem, Request, Shortened},
};

use super::{Change, Hosted, HostedId, limit, read::Wish};
use crate::time::Timestamp;

/// Letters of an id in a link.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What a request asks to be changed; or why nothing is.
pub(super) fn read(
    page: &str,
    asked: Request,
    account: &Did,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<(Change, Wish), Problem> {
    let (url, seconds) = match asked {
        Request::Invalidate(url) => {
            let id = url.and_then(|url| id_of(page, &url));
            let id = id.ok_or(Problem::ShortUrlInvalid)?;
            let account = account.clone();
            return Ok((Change::Unhost { account, id }, Wish::Unhost));
        }
        Request::Shorten {
            short_url_slug: Some(_),
            ..
        } => return Err(Problem::SlugsNotSupported),
        Request::Shorten { goal_code, .. } if goal_code.as_deref() != Some(GOAL_OOB_V2) => {
            return Err(Problem::InvalidGoalCode);
        }
        Request::Shorten {
            url,
            requested_validity_seconds,
            ..
        } => (url, requested_validity_seconds),
    };
    let (invitation, json) = url
        .filter(|url| url.contains("_oob="))
        .and_then(|url| Invitation::with_bytes(&url).ok())
        .ok_or(Problem::InvalidUrl)?;
    let longest = limit::HOSTING.as_secs();
    let wanted = match seconds {
        0 => longest,
        1.. if seconds > longest => return Err(Problem::ValidityTooLong(longest)),
        1.. => seconds,
    };
    let mut until = now.after(Duration::from_secs(wanted));
    if let Some(expires) = invitation.expires_time {
        until = until.min(Timestamp(expires.saturating_mul(1000)));
    }
    if until <= now {
        return Err(Problem::InvalidUrl);
    }
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    let hosted = Hosted {
        account: account.clone(),
        id: HostedId(id),
        invitation: json,
        until,
    };
    Ok((Change::Host(hosted), Wish::Host))
}

/// The answer to who wanted it.
pub(super) fn hosted(page: &str, id: HostedId, until: Timestamp) -> Shortened {
    Shortened {
        shortened_url: link(page, id),
        expires_time: Some(until.seconds()),
    }
}

/// Where a hosted invitation is found.
pub(super) fn link(page: &str, id: HostedId) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}_oobid={id}")
}

/// Which hosted invitation a link of ours leads to.
fn id_of(page: &str, url: &str) -> Option<HostedId> {
    match Invitation::from_url(url) {
        Err(InvitationError::Short { id, .. }) if url.starts_with(page) => id.parse().ok(),
        _ => None,
    }
}

/// As it stands in a link: 22 letters that no link has to escape.
impl fmt::Display for HostedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from_be_bytes(self.0);
        for place in (0..22_u32).rev() {
            let six = (number >> (6 * place)) & 63;
            let letter = usize::try_from(six).ok().and_then(|six| LETTERS.get(six));
            write!(f, "{}", char::from(*letter.unwrap_or(&b'A')))?;
        }
        Ok(())
    }
}

/// No hosted invitation is called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no hosted invitation is called so")]
pub struct NoHostedId;

impl FromStr for HostedId {
    type Err = NoHostedId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 22 {
            return Err(NoHostedId);
        }
        let number = text.bytes().try_fold(0_u128, |number, letter| {
            let six = LETTERS.iter().position(|known| *known == letter)?;
            // The first letter has room for four bits more than there are.
            (number >> 122 == 0).then_some((number << 6) | six as u128)
        });
        Ok(Self(number.ok_or(NoHostedId)?.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_letters_and_nothing_else_is_one() {
        for bytes in [[0; 16], [255; 16], *b"sixteen  letters"] {
            let id = HostedId(bytes);
            let text = id.to_string();
            assert_eq!(text.len(), 22);
            assert_eq!(text.parse(), Ok(id));
        }
        let long = format!("{}A", HostedId([7; 16]));
        let large = "_".repeat(22);
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAA%", &long, &large] {
            assert_eq!(text.parse::<HostedId>(), Err(NoHostedId), "{text}");
        }
    }

    #[test]
    fn a_link_names_what_is_hosted_here_and_no_other_place() {
        let id = HostedId([9; 16]);
        for page in ["https://mail.example.org/", "https://a.example/?lang=de"] {
            assert_eq!(id_of(page, &link(page, id)), Some(id));
        }
        let here = "https://mail.example.org/";
        assert_eq!(link(here, id).len(), here.len() + "?_oobid=".len() + 22);
        assert_eq!(id_of(here, &link("https://other.example/", id)), None);
        assert_eq!(id_of(here, here), None);
    }
}
