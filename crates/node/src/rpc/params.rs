//! What each method takes: its parameters by name, each with its shape.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;
use signet_transcript::Format;

use super::{span, wait};

/// One contact, by its id or its unique name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whom {
    pub(super) contact: String,
}

/// One contact, several, or all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whoever {
    pub(super) contact: Option<OneOrMore>,
    #[serde(default)]
    pub(super) all: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    pub(super) id: String,
}

/// A mediator, by its link or its DID.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMediator {
    pub(super) link: Option<String>,
    pub(super) did: Option<String>,
}

/// A mediator of ours, by its DID or address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OldMediator {
    pub(super) did: String,
}

/// One mediator for another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Swap {
    pub(super) old: String,
    pub(super) new: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invite {
    #[serde(default)]
    pub(super) reusable: bool,
    pub(super) expires: Option<Span>,
    pub(super) note: Option<String>,
    pub(super) png: Option<PathBuf>,
    pub(super) svg: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accept {
    pub(super) invitation: String,
    pub(super) note: Option<String>,
    pub(super) wait: Option<Span>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) contact: String,
    pub(super) answer: Consent,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Consent {
    Accept,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rename {
    pub(super) contact: String,
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mute {
    pub(super) contact: String,
    #[serde(default = "yes")]
    pub(super) muted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MediatedOnly {
    pub(super) contact: String,
    #[serde(default = "yes")]
    pub(super) on: bool,
}

pub(super) fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    pub(super) contact: String,
    pub(super) text: String,
    pub(super) id: Option<String>,
    pub(super) reply_to: Option<String>,
    pub(super) wait: Option<wait::Goal>,
    pub(super) timeout: Option<Span>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct History {
    pub(super) contact: String,
    pub(super) limit: Option<usize>,
    pub(super) before: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Read {
    pub(super) contact: String,
    pub(super) up_to: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Export {
    pub(super) contact: Option<String>,
    #[serde(default)]
    pub(super) all: bool,
    pub(super) format: Format,
    pub(super) out: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Backup {
    pub(super) path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Passphrase {
    pub(super) new: Option<String>,
}

/// A span of time as a parameter: `"7d"`, `"90s"`, or a number of seconds.
#[derive(Clone, Copy)]
pub(super) struct Span(pub(super) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Seconds(u32),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Seconds(seconds) => Ok(Self(Duration::from_secs(seconds.into()))),
            Either::Text(text) => span(&text).map(Self).map_err(serde::de::Error::custom),
        }
    }
}
