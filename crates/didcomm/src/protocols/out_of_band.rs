//! out-of-band 2.0: the invitation, as a link.
//!
//! Source: DIDComm Messaging v2.1, "Out Of Band Messages".

use serde_json::json;

use super::{body, v1};
use crate::base64url;
use crate::did::Did;
use crate::document;
use crate::envelope::{Opening, UnpackError, unpack};
use crate::message::{Attachment, Message};

/// The invitation.
pub const INVITATION: &str = "https://didcomm.org/out-of-band/2.0/invitation";

/// The invitation of DIDComm v1, which some write in the form of a v2 message.
const INVITATION_1: &str = "https://didcomm.org/out-of-band/1.0/invitation";

/// The longest link we read; ours have at most 900 characters.
const MAX_URL: usize = 64 * 1024;
/// More profiles than this in `accept` are not read.
const MAX_ACCEPT: usize = 16;
/// A longer profile, in bytes, is not read; nor is a longer goal code.
const MAX_PROFILE: usize = 256;
/// A goal is cut to so many bytes.
const MAX_GOAL: usize = 1024;

/// An invitation to write to somebody.
#[derive(Clone, PartialEq, Debug)]
pub struct Invitation {
    /// The answer carries it as `pthid`.
    pub id: String,
    /// To whom to write.
    pub from: Did,
    /// Why, for a program.
    pub goal_code: Option<String>,
    /// Why, for a person.
    pub goal: Option<String>,
    /// The profiles understood, best first; empty if unsaid.
    pub accept: Vec<String>,
    /// Alternative first messages, best first; at most one is acted upon.
    pub attachments: Vec<Attachment>,
    /// From when on it is not to be answered, in seconds since the Unix epoch.
    pub expires_time: Option<u64>,
}

/// Why a text is no invitation that we can answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// It is an invitation of DIDComm v1: tell the person that the software is older.
    #[error("the invitation is of DIDComm version 1")]
    DidcommV1,
    /// The link only names the invitation; it must be fetched.
    #[error("the invitation must be fetched from its link")]
    Short {
        /// What `_oobid` names.
        id: String,
        /// The whole link.
        url: String,
    },
    /// It is broken, or its signature does not hold.
    #[error("the invitation is damaged")]
    Damaged(#[source] UnpackError),
    /// It is something else.
    #[error("this is not an invitation")]
    NotAnInvitation,
}

impl Invitation {
    /// An invitation to write to `from`.
    pub fn new(id: impl Into<String>, from: Did) -> Self {
        Self {
            id: id.into(),
            from,
            goal_code: None,
            goal: None,
            accept: vec!["didcomm/v2".to_owned()],
            attachments: Vec::new(),
            expires_time: None,
        }
    }

    /// The message. It leaves out what every link would repeat for nothing.
    pub fn to_message(&self) -> Message {
        let mut message = Message::new(self.id.clone(), INVITATION);
        message.from = Some(self.from.clone());
        message.expires_time = self.expires_time;
        message.attachments.clone_from(&self.attachments);
        for (name, value) in [("goal_code", &self.goal_code), ("goal", &self.goal)] {
            if let Some(value) = value {
                message.body.insert(name.into(), value.clone().into());
            }
        }
        if !self.accept.is_empty() {
            message
                .body
                .insert("accept".into(), self.accept.clone().into());
        }
        message
    }

    /// The link: `base`, which may have a query already, and the invitation in `_oob`.
    pub fn to_url(&self, base: &str) -> String {
        let message = self.to_message();
        let mut json = json!({"type": INVITATION, "id": message.id, "from": self.from});
        json["body"] = message.body.into();
        if let Some(time) = self.expires_time {
            json["expires_time"] = time.into();
        }
        if !self.attachments.is_empty() {
            json["attachments"] = json!(self.attachments);
        }
        Self::link_to(json.to_string().as_bytes(), base)
    }

    /// Reads a link of any scheme and host, or the invitation itself as JSON. A signed one must
    /// verify.
    ///
    /// # Errors
    /// [`InvitationError`] says what it is instead, or what is missing.
    pub fn from_url(url: &str) -> Result<Self, InvitationError> {
        Self::with_bytes(url).map(|(invitation, _)| invitation)
    }

    /// As [`Invitation::from_url`]; also the JSON that the link holds, for who passes it on as it is.
    ///
    /// # Errors
    /// As of [`Invitation::from_url`].
    pub fn with_bytes(url: &str) -> Result<(Self, Vec<u8>), InvitationError> {
        let bytes = payload(url)?;
        Ok((Self::from_bytes(&bytes)?, bytes))
    }

    /// The link that leads to this JSON of an invitation: `base`, and the JSON in `_oob`.
    pub fn link_to(bytes: &[u8], base: &str) -> String {
        let separator = if base.contains('?') { '&' } else { '?' };
        format!("{base}{separator}_oob={}", base64url::encode(bytes))
    }

    /// Reads the invitation's JSON, plain or signed, as a short link leads to it.
    ///
    /// # Errors
    /// As of [`Invitation::from_url`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvitationError> {
        if v1::recognise(bytes).is_some() {
            return Err(InvitationError::DidcommV1);
        }
        let opening = Opening {
            secret: &|_| None,
            document: &document::resolve,
        };
        // Expiry is the reader's to judge, who has a clock.
        let unpacked = unpack(bytes, &opening, 0).map_err(InvitationError::Damaged)?;
        Self::from_message(&unpacked.message)
    }

    /// Reads an invitation; it must say from whom it is. The goal is cut to 1024 bytes; a goal
    /// code or profile of more than 256 bytes is left out, as are profiles after the first 16.
    ///
    /// # Errors
    /// [`InvitationError::NotAnInvitation`]; [`InvitationError::DidcommV1`] by its type.
    pub fn from_message(message: &Message) -> Result<Self, InvitationError> {
        if message.is(INVITATION_1) {
            return Err(InvitationError::DidcommV1);
        }
        let from = message.from.clone().filter(|_| message.is(INVITATION));
        let body = &message.body;
        Ok(Self {
            id: message.id.clone(),
            from: from.ok_or(InvitationError::NotAnInvitation)?,
            goal_code: body::text(body, "goal_code", MAX_PROFILE),
            goal: body::words(body, "goal", MAX_GOAL),
            accept: body::texts(body, "accept", MAX_ACCEPT, MAX_PROFILE),
            attachments: message.attachments.clone(),
            expires_time: message.expires_time,
        })
    }
}

/// The JSON in a link, or the text itself if it is that.
fn payload(url: &str) -> Result<Vec<u8>, InvitationError> {
    if url.len() > MAX_URL {
        return Err(InvitationError::NotAnInvitation);
    }
    if url.trim_start().starts_with('{') {
        return Ok(url.trim().as_bytes().to_vec());
    }
    // A link that was mailed is often broken into lines.
    let url: String = url.chars().filter(|c| !c.is_whitespace()).collect();
    let parameter = |name: &str| {
        let mut parts = url.split(['?', '&', '#']).skip(1);
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    if let Some(text) = parameter("_oob") {
        let bytes = base64url::decode_tolerant(&percent_decoded(text));
        return bytes.ok_or(InvitationError::NotAnInvitation);
    }
    if let Some(id) = parameter("_oobid") {
        let id = percent_decoded(id);
        return Err(InvitationError::Short { id, url });
    }
    match ["oob", "c_i", "d_m"].into_iter().find_map(parameter) {
        Some(_) => Err(InvitationError::DidcommV1),
        None => Err(InvitationError::NotAnInvitation),
    }
}

/// Undoes `%3D` and its like; anything else stays.
fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.extend_from_slice(before.as_bytes());
        // The parser of numbers would take a sign for a digit.
        let hex = after.get(..2);
        let hex = hex.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(b'%');
                rest = after;
            }
        }
    }
    decoded.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::did::peer2;
    use crate::document::Endpoint;
    use crate::envelope::sign;

    fn invitation() -> Invitation {
        let from = Did::parse("did:example:alice").unwrap();
        Invitation {
            goal_code: Some("chat.signet.meet".into()),
            goal: Some("Say hello".into()),
            ..Invitation::new("69212a3a-d068-4f9d-a2dd-4741bca89af3", from)
        }
    }

    #[test]
    fn a_link_of_any_scheme_and_host_reads_back() {
        for base in [
            "https://example.com/path",
            "https://example.com/?lang=de",
            "signet://invitation",
            "didcomm://x",
        ] {
            let url = invitation().to_url(base);
            assert_eq!(Invitation::from_url(&url), Ok(invitation()), "{url}");
            let pasted = format!("  {}\n{}&utm=1#top ", &url[..40], &url[40..]);
            assert_eq!(Invitation::from_url(&pasted), Ok(invitation()));
        }
    }

    #[test]
    fn the_json_of_a_link_makes_the_link_again() {
        let url = invitation().to_url("https://example.com");

        let (read, bytes) = Invitation::with_bytes(&url).unwrap();

        assert_eq!(read, invitation());
        assert_eq!(Invitation::from_bytes(&bytes), Ok(invitation()));
        assert_eq!(Invitation::link_to(&bytes, "https://example.com"), url);
    }

    #[test]
    fn any_spelling_of_base64_and_the_bare_json_read_the_same() {
        use base64::prelude::{BASE64_STANDARD, Engine};

        let json = invitation().to_message().to_vec();
        let standard = BASE64_STANDARD
            .encode(&json)
            .replace('=', "%3D")
            .replace('+', "%2b");
        for text in [
            format!("https://example.com?_oob={standard}"),
            format!("\n {}\n", String::from_utf8(json).unwrap()),
        ] {
            assert_eq!(Invitation::from_url(&text), Ok(invitation()), "{text}");
        }
    }

    #[test]
    fn what_is_no_invitation_says_what_it_is() {
        let v1 = base64url::encode(r#"{"@type":"https://didcomm.org/connections/1.0/invitation"}"#);
        let v1_as_v2 = base64url::encode(Message::new("1", INVITATION_1).to_vec());
        for text in [
            "https://example.com?oob=e30".to_owned(),
            "https://example.com?c_i=e30".to_owned(),
            "https://example.com?d_m=e30".to_owned(),
            format!("https://example.com?_oob={v1}"),
            format!("https://example.com?_oob={v1_as_v2}"),
            r#"{"@type":"did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/connections/1.0/invitation"}"#.into(),
        ] {
            assert_eq!(
                Invitation::from_url(&text),
                Err(InvitationError::DidcommV1),
                "{text}"
            );
        }
        assert_eq!(
            Invitation::from_url("https://example.com/?_oobid=a%2Db"),
            Err(InvitationError::Short {
                id: "a-b".into(),
                url: "https://example.com/?_oobid=a%2Db".into()
            })
        );
        let odd = Invitation::from_url("https://example.com/?_oobid=a%+5b%g%2");
        assert!(
            matches!(&odd, Err(InvitationError::Short { id, .. }) if id == "a%+5b%g%2"),
            "{odd:?}"
        );
        let ping = Message::new("1", "https://didcomm.org/trust-ping/2.0/ping").to_vec();
        let ping = format!("https://example.com?_oob={}", base64url::encode(ping));
        for text in [
            "",
            "hello",
            "https://example.com",
            "https://example.com?_oob=%%",
            &ping,
        ] {
            assert_eq!(
                Invitation::from_url(text),
                Err(InvitationError::NotAnInvitation),
                "{text}"
            );
        }
    }

    #[test]
    fn an_invitation_does_not_grow_without_bound() {
        let long = "x".repeat(MAX_PROFILE + 1);
        let mut accept = vec![long.clone(), "didcomm/v2".into()];
        accept.resize(MAX_ACCEPT + 1, "didcomm/aip1".into());
        let sent = Invitation {
            goal_code: Some(long),
            goal: Some("x".repeat(MAX_GOAL + 1)),
            accept,
            ..invitation()
        };
        let read = Invitation::from_message(&sent.to_message()).unwrap();

        assert_eq!(read.goal_code, None);
        assert_eq!(read.goal.unwrap().len(), MAX_GOAL);
        assert_eq!(read.accept.len(), MAX_ACCEPT - 1);
        assert_eq!(read.accept[0], "didcomm/v2");
    }

    #[test]
    fn a_signed_invitation_must_verify() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (from, keys) = peer2::create(&[Endpoint::v2("https://example.com")], &mut rng);
        let invitation = Invitation::new("1", from);
        let jws = String::from_utf8(sign(&invitation.to_message(), &keys).unwrap()).unwrap();
        assert_eq!(Invitation::from_bytes(jws.as_bytes()), Ok(invitation));

        let start = jws.find("signature\":").unwrap() + 12;
        let mut broken = jws.into_bytes();
        broken[start] = if broken[start] == b'A' { b'B' } else { b'A' };
        assert!(matches!(
            Invitation::from_bytes(&broken),
            Err(InvitationError::Damaged(_))
        ));
    }

    #[test]
    fn a_link_with_one_endpoint_stays_short() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let endpoint = Endpoint::v2("https://mediator.example.com/didcomm");
        let (from, _) = peer2::create(&[endpoint], &mut rng);
        let url = Invitation {
            from,
            ..invitation()
        }
        .to_url("https://mediator.example.com/invitation");

        assert!(url.len() <= 900, "{}", url.len());
    }
}
