//! What a message brings, read before anything is changed.

use signet_didcomm::{
    discover_features::{self, Query},
    message::Message,
    protocols::{basicmessage, empty, report_problem, trust_ping, user_profile},
};

use crate::{
    addresses,
    contact::EndReason,
    limit,
    receive::Rejected,
    stranger::{INVITATION_EXPIRED, INVITATION_REVOKED, INVITATION_USED, REFUSED},
};

/// What a message brings.
pub(crate) enum Content {
    Text(String),
    Profile {
        name: Option<String>,
        send_back: bool,
    },
    Addresses(crate::contact::Addresses),
    Ping,
    Queries(Vec<Query>),
    Nothing,
    Unknown(String),
}

impl Content {
    pub(crate) fn read(message: &Message) -> Result<Self, Rejected> {
        let kind = message.kind().ok_or(Rejected::Body)?;
        if let Some(text) = basicmessage::read(message) {
            return Ok(Self::Text(text.content));
        }
        if kind.is(basicmessage::MESSAGE) {
            return Err(Rejected::Body);
        }
        if let Some(profile) = user_profile::read(message) {
            let name = match profile.display_name {
                user_profile::Change::Keep => None,
                user_profile::Change::Remove => Some(String::new()),
                user_profile::Change::Set(name) => Some(shorten(&name)),
            };
            return Ok(Self::Profile {
                name,
                send_back: profile.send_back_yours,
            });
        }
        if kind.is(user_profile::REQUEST_PROFILE) {
            return Ok(Self::Profile {
                name: None,
                send_back: true,
            });
        }
        if kind.is(addresses::MESSAGE_TYPE) {
            return addresses::read(message)
                .map(Self::Addresses)
                .ok_or(Rejected::Body);
        }
        if kind.is(trust_ping::PING) {
            return Ok(if trust_ping::wants_response(message) == Some(true) {
                Self::Ping
            } else {
                Self::Nothing
            });
        }
        if kind.is(discover_features::QUERIES) {
            let queries = discover_features::read_queries(message);
            return queries.map(Self::Queries).ok_or(Rejected::Body);
        }
        if kind.is(trust_ping::PING_RESPONSE)
            || kind.is(empty::EMPTY)
            || report_problem::is(message)
            || discover_features::read_disclose(message).is_some()
        {
            return Ok(Self::Nothing);
        }
        Ok(Self::Unknown(shorten(&message.type_)))
    }
}

/// The inviter says that nothing comes of our answer.
pub(crate) fn refusal(message: &Message) -> Option<EndReason> {
    match report_problem::read(message)?.code.as_str() {
        INVITATION_USED => Some(EndReason::InvitationUsed),
        INVITATION_EXPIRED => Some(EndReason::InvitationExpired),
        INVITATION_REVOKED => Some(EndReason::InvitationRevoked),
        REFUSED => Some(EndReason::Refused),
        _ => None,
    }
}

/// Cuts a stranger's words to the length of a name.
fn shorten(text: &str) -> String {
    let mut end = text.len().min(limit::NAME);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim().to_owned()
}
