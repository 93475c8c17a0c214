//! What a screen shows: small, serialisable, and only what is committed. The TypeScript side of
//! these types is generated (`cargo test -p signet-node` writes it, `cargo xtask check` compares).
//!
//! Times are milliseconds since the Unix epoch; integers stay below 2⁵³.

use serde::Serialize;
use ts_rs::TS;

/// What is known of a profile before it is opened.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Profile {
    /// Whether there is one, and whether it is open.
    pub state: ProfileState,
    /// The person's name, once it is open.
    pub name: String,
    /// A passphrase opens it.
    pub passphrase: bool,
    /// The OS keyring opens it.
    pub keyring: bool,
    /// It opens without either: its key lies in a file beside it.
    pub plain: bool,
    /// This machine has an OS keyring that answers.
    pub keyring_offered: bool,
}

/// Where a profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum ProfileState {
    /// There is none yet: first run.
    Missing,
    /// It waits for its passphrase.
    Locked,
    /// It is open.
    Open,
}

/// Who I am.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Me {
    /// The name that contacts see.
    pub name: String,
    /// The profile's folder.
    pub profile: String,
    /// The libp2p PeerId.
    pub peer_id: String,
    /// Multiaddresses we can be reached at.
    pub listen: Vec<String>,
    /// Our HTTP endpoint, when it is on.
    pub http: Option<String>,
    /// What the rosette is drawn from; public, and the same for the life of the profile.
    pub public_id: String,
}

/// One relationship.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Contact {
    /// Its id in this profile.
    pub contact: String,
    /// What to call them: the person's name for them, else the one they chose; empty if neither is known.
    pub name: String,
    /// The name they chose; self-asserted.
    pub told_name: Option<String>,
    /// The person's private note.
    pub note: Option<String>,
    /// `requested`, `answering`, `connected`, `not following`, `disputed`, `ended` or `blocked`.
    pub state: String,
    /// Why it ended, in one sentence.
    pub reason: Option<String>,
    /// Our DID for them.
    pub my_did: String,
    /// Their DID.
    pub their_did: String,
    /// Compared by the person; always false until verification exists.
    pub verified: bool,
    /// Which of the eight avatar colours, 0 to 7; of the local id, so a rotation never recolours.
    pub color: u8,
    /// A connection stands.
    pub online: bool,
    /// And it goes through a relay.
    pub relayed: bool,
    /// They have acknowledged something at some time.
    pub confirms: bool,
    /// They name an endpoint that we can use.
    pub reachable: bool,
    /// They name a mediator, which takes messages while they are away.
    pub mediated: bool,
    /// Nothing goes straight between us and them.
    pub mediated_only: bool,
    /// Their messages that the person has not read, at most 100.
    pub unread: u32,
    /// The newest of the conversation.
    pub last: Option<Snippet>,
    /// No notifications.
    pub muted: bool,
    /// When it began.
    #[ts(type = "number")]
    pub created: u64,
    /// When something last happened in it.
    #[ts(type = "number")]
    pub time: u64,
    /// `settled`, `announcing`, or `waiting` for its turn.
    pub rotation: String,
}

/// A glimpse of the newest entry.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Snippet {
    /// Its words, cut to 200 characters; of a line, its kind.
    pub text: String,
    /// When.
    #[ts(type = "number")]
    pub time: u64,
    /// Whose words.
    pub direction: Direction,
    /// Of an own message.
    pub state: Option<State>,
    /// What a line of the house says.
    pub line: Option<String>,
}

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Direction {
    /// Theirs.
    In,
    /// Ours.
    Out,
    /// The house's.
    None,
}

/// How far an own message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum State {
    /// It waits here.
    Queued,
    /// It was given up; it can be sent again.
    Failed,
    /// A hop took custody.
    Sent,
    /// The contact acknowledged it.
    Delivered,
    /// The contact has read it.
    Read,
}

/// One place in a conversation.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Entry {
    /// The message id.
    pub id: String,
    /// Its place, from 1 without gaps.
    #[ts(type = "number")]
    pub seq: u64,
    /// Whose conversation.
    pub contact: String,
    /// `message`, or `line`: what the house says.
    pub kind: String,
    /// Whose words.
    pub direction: Direction,
    /// The words; empty for a line.
    pub text: String,
    /// Id of the message it answers.
    pub reply_to: Option<String>,
    /// Of an own message.
    pub state: Option<State>,
    /// When.
    #[ts(type = "number")]
    pub time: u64,
    /// `direct` or `http`, of the hop that took custody.
    pub route: Option<String>,
    /// Why it failed or waits, or that their software does not confirm: one sentence.
    pub reason: Option<String>,
    /// Our DID it went from or came to.
    pub my_did: String,
    /// Their DID.
    pub their_did: String,
    /// Signed, so that anyone can check it.
    pub signed: bool,
    /// How its writer was proved; of received messages.
    pub proof: Option<Proof>,
    /// `connected`, `they-changed`, `we-changed`, `ended` or `unknown`.
    pub line: Option<String>,
}

/// How the writer of a message was proved.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Proof {
    /// The sender's key.
    pub sender_kid: Option<String>,
    /// Our key that opened it.
    pub recipient_kid: Option<String>,
    /// JOSE algorithms, outermost first.
    pub algorithms: Vec<String>,
    /// When we opened it.
    #[ts(type = "number")]
    pub received: u64,
}

/// An invitation of ours.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct InvitationView {
    /// Its id.
    pub id: String,
    /// The link.
    pub url: String,
    /// The link as QR, an SVG document.
    pub svg: String,
    /// Until when it may be answered.
    #[ts(type = "number | null")]
    pub expires: Option<u64>,
    /// Anybody may answer it.
    pub reusable: bool,
    /// The private note.
    pub note: Option<String>,
    /// When it was made.
    #[ts(type = "number")]
    pub created: u64,
    /// `open`, `used`, `expired` or `revoked`.
    pub state: String,
    /// The contact that a one-time invitation led to.
    pub answered_by: Option<String>,
}

/// Somebody who keeps mail for us.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Mediator {
    /// Its DID.
    pub did: String,
    /// Its address on the web.
    pub url: String,
    /// `asking`, `granted`, `refused`, `not answering`; `away`: for a day, so that others are named instead; `leaving`: some still write by it; `empty`: safe
    /// to remove.
    pub state: String,
    /// How many messages it last said to keep for us.
    #[ts(type = "number | null")]
    pub waiting: Option<u64>,
    /// Contacts who write by it, as far as they know today.
    pub contacts: u32,
    /// While it is away or being left: names of some of those, who have not confirmed the new way. Whose
    /// software cannot follow stays among them.
    pub behind: Vec<String>,
    /// DIDs of ours that it knows, and knows to be one person's.
    pub registered: u32,
    /// When it last answered.
    #[ts(type = "number | null")]
    pub heard: Option<u64>,
}

/// Which wires work.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Network {
    /// `online`: somebody is connected; `alone`: we listen, nobody is; `offline`: no wire.
    pub state: String,
    /// Connections.
    pub peers: u32,
    /// Relays at which others find us.
    pub relays: u32,
    /// Where we listen.
    pub listen: Vec<String>,
    /// Our HTTP endpoint.
    pub http: Option<String>,
    /// The same in plain words.
    pub sentence: String,
}

/// How far a rotation of several contacts has come.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct RotationView {
    /// Contacts in it.
    pub total: u32,
    /// Contacts that write to our current DID.
    pub confirmed: u32,
    /// The others.
    pub waiting: Vec<Waiting>,
}

/// Somebody who has not confirmed yet.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Waiting {
    /// Who.
    pub contact: String,
    /// Their name.
    pub name: String,
}

/// A finished export.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct ExportDone {
    /// Entries written.
    #[ts(type = "number")]
    pub entries: u64,
    /// Where.
    pub path: String,
}

/// What the person has set.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct Settings {
    /// Find, and be found by, others in the local network.
    pub mdns: bool,
    /// Ask the router to let others through.
    pub upnp: bool,
    /// `full`, `name` or `none`: what a notification shows.
    pub notifications: String,
    /// `system`, `light` or `dark`.
    pub theme: String,
    /// The name that contacts see.
    pub name: String,
}

/// Why something was not done: one sentence for the person.
#[derive(Clone, Debug, thiserror::Error, Serialize, TS)]
#[error("{sentence}")]
#[ts(export)]
pub struct ViewError {
    /// Shown as it is.
    pub sentence: String,
}

impl ViewError {
    /// Makes a sentence of an error: a capital at its beginning, a full stop at its end.
    pub fn new(error: impl std::fmt::Display) -> Self {
        let text = error.to_string();
        let mut letters = text.chars();
        let first: String = letters
            .next()
            .map(|c| c.to_uppercase().collect())
            .unwrap_or_default();
        let mut sentence = first + letters.as_str();
        if !sentence.ends_with(['.', '!', '?']) {
            sentence.push('.');
        }
        Self { sentence }
    }
}
