//! The rpc surface: JSON-RPC 2.0, a method for each command, named parameters, one object a line.
//!
//! [`call`] is the one source of truth: what a person types, what a program writes to `signet rpc`
//! and what comes through the profile's socket all end here. [`serve`] speaks it on any pair of
//! streams; [`socket`] is where other processes hand their commands over to the one that holds
//! the profile. Every event is sent as a notification `event`.

mod lines;
mod params;
mod serve;
#[cfg(unix)]
pub mod socket;
mod span;
mod wait;

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use signet_protocol::contact::{Contact, ContactId, Retired};

use crate::{Node, view::ViewError};

pub use lines::MAX_LINE;
pub use serve::serve;
pub use span::parse as span;

use params::{
    Accept, Backup, Consent, Export, History, Invite, MediatedOnly, Mute, NewMediator, OldMediator,
    OneOrMore, Passphrase, Read, Rename, Request, Send, Settings, Span, Swap, Which, Whoever, Whom,
};

/// Entries of a page when nobody says how many.
const PAGE: usize = 50;
/// Entries of the largest page.
const LARGEST_PAGE: usize = 1000;
/// How long `send` waits when it shall wait and nobody says how long.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a mediator may take to answer before it is said not to.
const MEDIATOR_PATIENCE: Duration = Duration::from_secs(20);

/// How long a mediator may take to host an invitation before its long link is told.
const PAGE_PATIENCE: Duration = Duration::from_secs(4);

/// Why a call was not done, as JSON-RPC says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct RpcError {
    /// The kind: those of JSON-RPC 2.0, and [`RpcError::REFUSED`].
    pub code: i64,
    /// One sentence for a person.
    pub message: String,
    /// What was done all the same, such as the id of a message that has not arrived yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    /// Not JSON.
    pub const PARSE: i64 = -32700;
    /// Not a request.
    pub const INVALID: i64 = -32600;
    /// No such method.
    pub const UNKNOWN: i64 = -32601;
    /// Parameters that the method does not take.
    pub const PARAMS: i64 = -32602;
    /// The node refused, or it failed.
    pub const REFUSED: i64 = -32000;

    /// An error of this kind with this sentence.
    pub fn new(code: i64, sentence: impl Into<String>) -> Self {
        Self {
            code,
            message: sentence.into(),
            data: None,
        }
    }

    fn refused(sentence: impl Into<String>) -> Self {
        Self::new(Self::REFUSED, sentence)
    }

    fn params(sentence: impl Into<String>) -> Self {
        Self::new(Self::PARAMS, sentence)
    }
}

impl From<ViewError> for RpcError {
    fn from(error: ViewError) -> Self {
        Self::refused(error.sentence)
    }
}

/// Does what `method` says, with named `params` (an object, or null for none).
///
/// # Errors
/// [`RpcError`], whose message is one sentence for a person.
pub async fn call(node: &Node, method: &str, params: Value) -> Result<Value, RpcError> {
    match method {
        "version" => {
            nothing(params)?;
            Ok(json!({"version": env!("CARGO_PKG_VERSION")}))
        }
        "whoami" => {
            nothing(params)?;
            value(node.me().await?)
        }
        "network" => {
            nothing(params)?;
            value(node.network().await?)
        }
        "settings" => settings(node, read(params)?).await,
        "passphrase" => {
            let Passphrase { new } = read(params)?;
            node.passphrase(new).await?;
            Ok(json!({}))
        }
        "invite" => invite(node, read(params)?).await,
        "invitations" => {
            nothing(params)?;
            node.invitations()
                .await?
                .into_iter()
                .map(invitation)
                .collect()
        }
        "revoke" => {
            let Which { id } = read(params)?;
            node.revoke(&id).await?;
            Ok(json!({"id": id}))
        }
        "accept" => accept(node, read(params)?).await,
        "contacts" => {
            nothing(params)?;
            value(node.contacts().await?)
        }
        "contact" => contact(node, read(params)?).await,
        "request" => {
            let Request { contact, answer } = read(params)?;
            let contact = find(node, &contact).await?;
            node.request(contact, matches!(answer, Consent::Accept))
                .await?;
            Ok(json!({"contact": contact}))
        }
        "rename" => {
            let Rename { contact, name } = read(params)?;
            let contact = find(node, &contact).await?;
            node.rename(contact, name).await?;
            Ok(json!({"contact": contact}))
        }
        "mute" => {
            let Mute { contact, muted } = read(params)?;
            let contact = find(node, &contact).await?;
            node.mute(contact, muted).await?;
            Ok(json!({"contact": contact, "muted": muted}))
        }
        "mediated-only" => {
            let MediatedOnly { contact, on } = read(params)?;
            let contact = find(node, &contact).await?;
            node.mediated_only(contact, on).await?;
            Ok(json!({"contact": contact, "on": on}))
        }
        "block" | "unblock" => {
            let contact = whom(node, params).await?;
            node.block(contact, method == "block").await?;
            Ok(json!({"contact": contact}))
        }
        "delete" => {
            let contact = whom(node, params).await?;
            node.delete(contact).await?;
            Ok(json!({"contact": contact}))
        }
        "end" => {
            let contact = whom(node, params).await?;
            node.end(contact).await?;
            Ok(json!({"started": [contact]}))
        }
        "send" => send(node, read(params)?).await,
        "resend" => {
            let Which { id } = read(params)?;
            let contact = node.whose(&id).await?;
            node.resend(contact, &id).await?;
            Ok(json!({"id": id}))
        }
        "history" => {
            let History {
                contact,
                limit,
                before,
            } = read(params)?;
            let contact = find(node, &contact).await?;
            value(
                node.history(contact, before, limit.unwrap_or(PAGE).min(LARGEST_PAGE))
                    .await?,
            )
        }
        "read" => {
            let Read { contact, up_to } = read(params)?;
            let contact = find(node, &contact).await?;
            node.read(contact, up_to).await?;
            Ok(json!({"contact": contact}))
        }
        "rotate" => rotate(node, read(params)?).await,
        "rotation" => {
            nothing(params)?;
            value(node.rotation().await?)
        }
        "mediator.add" => {
            let NewMediator { link, did } = read(params)?;
            let place = link.or(did);
            let place = place.ok_or_else(|| RpcError::params("A link or a did is needed."))?;
            add_mediator(node, &place, None).await
        }
        "mediator.list" => {
            nothing(params)?;
            value(node.mediators().await?)
        }
        "mediator.remove" => {
            let OldMediator { did } = read(params)?;
            let left = node.remove_mediator(&did).await?;
            let state = left.map_or("removed".to_owned(), |mediator| mediator.state);
            Ok(json!({"did": did, "state": state}))
        }
        "mediator.swap" => {
            let Swap { old, new } = read(params)?;
            add_mediator(node, &new, Some(&old)).await
        }
        "export" => export(node, read(params)?).await,
        "backup" => {
            let Backup { path } = read(params)?;
            Ok(json!({"path": node.backup(&path).await?}))
        }
        _ => Err(RpcError::new(
            RpcError::UNKNOWN,
            format!("There is no method {}.", shortened(method)),
        )),
    }
}

/// Answers once the mediator has, or not within a while.
async fn add_mediator(node: &Node, place: &str, old: Option<&str>) -> Result<Value, RpcError> {
    let events = node.events();
    let asked = node.add_mediator(place, old).await?;
    value(wait::until_mediated(node, events, &asked.did, MEDIATOR_PATIENCE).await?)
}

async fn settings(node: &Node, Settings { key, value: new }: Settings) -> Result<Value, RpcError> {
    match (key, new) {
        (Some(key), Some(new)) if key == "name" => node.set_name(&new).await?,
        (Some(key), Some(new)) => node.set_setting(&key, &new).await?,
        (Some(key), None) => {
            let all = value(node.settings().await?)?;
            let one = all.get(&key).cloned();
            let one = one.ok_or_else(|| {
                RpcError::refused(format!("There is no setting {}.", shortened(&key)))
            })?;
            return Ok(json!({key: one}));
        }
        (None, Some(_)) => return Err(RpcError::params("A value needs the key it is for.")),
        (None, None) => {}
    }
    value(node.settings().await?)
}

async fn invite(node: &Node, wish: Invite) -> Result<Value, RpcError> {
    let events = node.events();
    let made = node
        .invite(wish.reusable, wish.expires.map(|span| span.0), wish.note)
        .await?;
    let made = wait::until_short(node, events, &made.id, PAGE_PATIENCE).await?;
    if let Some(path) = wish.svg {
        write(&path, made.svg.as_bytes()).await?;
    }
    if let Some(path) = wish.png {
        let picture = signet_picture::png(&made.url, signet_picture::MODULE_PIXELS)
            .map_err(ViewError::new)?;
        write(&path, &picture).await?;
    }
    invitation(made)
}

/// An invitation without its picture, which is as long as a book.
fn invitation(view: crate::view::InvitationView) -> Result<Value, RpcError> {
    let mut object = value(view)?;
    if let Some(members) = object.as_object_mut() {
        members.remove("svg");
    }
    Ok(object)
}

async fn accept(node: &Node, wish: Accept) -> Result<Value, RpcError> {
    let events = node.events();
    let path = PathBuf::from(&wish.invitation);
    let is_link = wish.invitation.contains("://") || wish.invitation.contains("_oob");
    let made = if !is_link && tokio::fs::try_exists(&path).await.unwrap_or(false) {
        node.accept_picture(picture(&path).await?, wish.note)
            .await?
    } else {
        node.accept(&wish.invitation, wish.note).await?
    };
    let id = find(node, &made.contact).await?;
    if let Some(Span(patience)) = wish.wait {
        wait::until_answered(node, events, id, patience).await?;
    }
    value(node.contact(id).await?)
}

/// The bytes of a picture; a file that is far too large is not even read.
async fn picture(path: &std::path::Path) -> Result<Vec<u8>, RpcError> {
    let unreadable = |error: std::io::Error| {
        RpcError::refused(format!(
            "The file {} cannot be read: {error}.",
            path.display()
        ))
    };
    let about = tokio::fs::metadata(path).await.map_err(unreadable)?;
    if !about.is_file() {
        return Err(RpcError::refused(format!(
            "The path {} names no file.",
            path.display()
        )));
    }
    if about.len() > signet_picture::MAX_FILE as u64 {
        return Err(ViewError::new(signet_picture::ReadError::FileTooLarge).into());
    }
    tokio::fs::read(path).await.map_err(unreadable)
}

async fn contact(node: &Node, whom: Whom) -> Result<Value, RpcError> {
    let id = find(node, &whom.contact).await?;
    let mut object = value(node.contact(id).await?)?;
    let chain = node
        .look(move |look| look.machine.contact(id).map(chain))
        .await?;
    if let Some(members) = object.as_object_mut() {
        members.insert("chain".to_owned(), value(chain.unwrap_or_default())?);
    }
    Ok(object)
}

/// The DIDs of a relationship, the present ones first, then those left behind, newest first.
fn chain(contact: &Contact) -> Vec<Value> {
    let present = [("mine", &contact.my_did), ("theirs", &contact.their_did)];
    let present = present.map(|(whose, did)| json!({"whose": whose, "did": did, "left": null}));
    let behind = |whose: &'static str, retired: &[Retired]| -> Vec<Value> {
        let each = retired.iter().rev();
        each.map(|one| json!({"whose": whose, "did": one.did, "left": one.since}))
            .collect()
    };
    let mine = behind("mine", &contact.my_retired);
    present
        .into_iter()
        .chain(mine)
        .chain(behind("theirs", &contact.their_retired))
        .collect()
}

async fn send(node: &Node, wish: Send) -> Result<Value, RpcError> {
    let contact = find(node, &wish.contact).await?;
    let events = node.events();
    let id = node
        .send(wish.id, contact, &wish.text, wish.reply_to)
        .await?;
    let Some(goal) = wish.wait else {
        return Ok(json!({"id": id}));
    };
    let patience = wish.timeout.map_or(PATIENCE, |span| span.0);
    let state = wait::until_arrived(node, events, (contact, &id), goal, patience).await?;
    Ok(json!({"id": id, "state": state}))
}

async fn rotate(node: &Node, wish: Whoever) -> Result<Value, RpcError> {
    let whom = match (wish.contact, wish.all) {
        (None, true) => None,
        (Some(OneOrMore::One(name)), false) => Some(vec![find(node, &name).await?]),
        (Some(OneOrMore::More(names)), false) => {
            let mut contacts = Vec::new();
            for name in names {
                contacts.push(find(node, &name).await?);
            }
            Some(contacts)
        }
        (None, false) | (Some(_), true) => {
            return Err(RpcError::params("Name the contacts, or say all."));
        }
    };
    Ok(json!({"started": node.rotate(whom).await?}))
}

async fn export(node: &Node, wish: Export) -> Result<Value, RpcError> {
    let whom = match (wish.contact, wish.all) {
        (None, true) => None,
        (Some(name), false) => Some(find(node, &name).await?),
        (None, false) | (Some(_), true) => {
            return Err(RpcError::params("Name one contact, or say all."));
        }
    };
    value(node.export(whom, wish.format, &wish.out).await?)
}

async fn whom(node: &Node, params: Value) -> Result<ContactId, RpcError> {
    let Whom { contact } = read(params)?;
    find(node, &contact).await
}

async fn find(node: &Node, contact: &str) -> Result<ContactId, RpcError> {
    match ContactId::parse(contact) {
        Some(id) => Ok(id),
        None => Ok(node.find(contact).await?),
    }
}

async fn write(path: &std::path::Path, bytes: &[u8]) -> Result<(), RpcError> {
    let told = tokio::fs::write(path, bytes).await;
    told.map_err(|error| {
        RpcError::refused(format!(
            "The file {} cannot be written: {error}.",
            path.display()
        ))
    })
}

fn nothing(params: Value) -> Result<(), RpcError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    read(params).map(|Nothing {}| ())
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, RpcError> {
    let params = match params {
        Value::Null => Value::Object(Map::new()),
        Value::Object(_) => params,
        _ => {
            return Err(RpcError::params(
                "Parameters are given by name, as an object.",
            ));
        }
    };
    serde_json::from_value(params).map_err(|error| RpcError::params(ViewError::new(error).sentence))
}

fn value(result: impl Serialize) -> Result<Value, RpcError> {
    serde_json::to_value(result).map_err(|error| RpcError::refused(ViewError::new(error).sentence))
}

/// What a stranger calls a method, short enough for a sentence.
fn shortened(text: &str) -> String {
    text.chars().take(40).filter(|c| !c.is_control()).collect()
}
