//! The page of an invitation: JSON for programs, and for a person who followed a link a page that
//! explains itself.
//!
//! Nothing of what a stranger wrote is shown but the invitation itself, encoded once more.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use signet_didcomm::{
    did::Did,
    out_of_band::{Invitation, InvitationError},
};
use signet_protocol::mediator::{HostedId, Mailbox, MailboxError};

use crate::{desk::Desk, http::PAGE, page};

/// The link that opens Signet; any reader takes any scheme that carries `_oob`.
const LINK_BASE: &str = "signet://invitation";
/// What is taken back must not live on in anybody's cache.
const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
/// What is told of what is not here, whether it ever was or not.
const GONE: &str =
    "This invitation is not here: it may have been used, taken back, or have expired.";

/// What a link to us names.
pub(crate) enum Asked {
    /// An invitation that may be hosted here; `None` if nothing is called so.
    Hosted(Option<HostedId>),
    /// One that the link holds itself: its JSON.
    Held(Vec<u8>),
}

impl Asked {
    /// What this query asks for, unless it is the front page. `own` is who we are: our own invitation
    /// stands on that.
    pub(crate) fn of(query: Option<&str>, own: &Did) -> Option<Self> {
        let query = query.filter(|query| query.contains("_oob"))?;
        match Invitation::with_bytes(&format!("?{query}")) {
            Ok((invitation, _)) if invitation.from.is_same_as(own) => None,
            Ok((_, json)) => Some(Self::Held(json)),
            Err(InvitationError::Short { id, .. }) => Some(Self::Hosted(id.parse().ok())),
            Err(
                InvitationError::DidcommV1
                | InvitationError::Damaged(_)
                | InvitationError::NotAnInvitation,
            ) => None,
        }
    }

    pub(crate) async fn answer<M: Mailbox>(
        self,
        desk: &Desk<M>,
        headers: &HeaderMap,
    ) -> Result<Response, MailboxError> {
        let is_person = accepts_html(headers);
        let (json, address) = match self {
            Self::Held(json) => {
                let own = desk.mediator().page().unwrap_or(LINK_BASE);
                let address = Invitation::link_to(&json, own);
                (Some(json), Some(address))
            }
            Self::Hosted(None) => (None, None),
            Self::Hosted(Some(id)) => (desk.invitation(id).await?, desk.mediator().link(id)),
        };
        let vary = [NO_STORE, (header::VARY, "Accept")];
        let Some(json) = json else {
            let status = StatusCode::NOT_FOUND;
            return Ok(match is_person {
                true => (status, vary, PAGE, Html(page::gone(GONE))).into_response(),
                false => (status, vary, PAGE, format!("{GONE}\n")).into_response(),
            });
        };
        if is_person {
            let link = Invitation::link_to(&json, LINK_BASE);
            let shown = page::invitation(address.as_deref().unwrap_or(&link), &link);
            return Ok((vary, PAGE, Html(shown)).into_response());
        }
        // Agents that run in a browser ask from a page of their own.
        let kind = [
            (header::CONTENT_TYPE, "application/json"),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        ];
        Ok((vary, PAGE, kind, json).into_response())
    }
}

/// Whether somebody looks with a browser.
fn accepts_html(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter();
    accepted.any(|kinds| {
        let kinds = kinds.to_str().unwrap_or_default().split(',');
        let mut essences = kinds.map(|kind| kind.split(';').next().unwrap_or_default().trim());
        essences.any(|essence| essence.eq_ignore_ascii_case("text/html"))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_is_told_from_a_program() {
        let accepts = |kinds: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(kinds));
            accepts_html(&headers)
        };
        assert!(accepts("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
        assert!(accepts("application/json, Text/HTML;q=0.5"));
        assert!(!accepts("application/json"));
        assert!(!accepts("*/*"));
        assert!(!accepts_html(&HeaderMap::new()));
    }

    #[test]
    fn a_query_names_an_invitation_or_the_front_page() {
        let own = Did::parse("did:example:mediator").unwrap();
        let link = |did: &str| {
            let from = Did::parse(did).unwrap();
            Invitation::new("1", from).to_url("https://m.example/")
        };
        let asked = |url: &str| Asked::of(url.split_once('?').map(|(_, query)| query), &own);

        assert!(asked("https://m.example/").is_none());
        assert!(asked("https://m.example/?lang=de").is_none());
        assert!(asked("https://m.example/?_oob=%3Cscript%3E").is_none());
        assert!(asked(&link("did:example:mediator")).is_none());
        let held = asked(&link("did:example:alice"));
        assert!(matches!(held, Some(Asked::Held(_))));
        let id = HostedId([5; 16]);
        let hosted = asked(&format!("https://m.example/?_oobid={id}"));
        assert!(matches!(hosted, Some(Asked::Hosted(Some(found))) if found == id));
        let none = asked("https://m.example/?_oobid=<b>");
        assert!(matches!(none, Some(Asked::Hosted(None))));
    }
}
