//! Waiting for what the other side does: looks at what is committed at each event, until it holds.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use signet_protocol::contact::ContactId;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, timeout_at},
};

use super::RpcError;
use crate::{
    Node,
    event::Event,
    view::{self, State},
};

/// How far a message shall have come.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Goal {
    /// A hop took it.
    Sent,
    /// It is there.
    Delivered,
    /// It was read.
    Read,
}

impl Goal {
    fn is_reached(self, state: State) -> bool {
        match self {
            Self::Sent => matches!(state, State::Sent | State::Delivered | State::Read),
            Self::Delivered => matches!(state, State::Delivered | State::Read),
            Self::Read => state == State::Read,
        }
    }
}

/// Waits until a message has come as far as `goal`.
pub(super) async fn until_arrived(
    node: &Node,
    mut events: Receiver<Event>,
    (contact, id): (ContactId, &str),
    goal: Goal,
    patience: Duration,
) -> Result<State, RpcError> {
    let end = Instant::now() + patience;
    loop {
        let entry = node.entry(contact, id).await?;
        let state = entry
            .as_ref()
            .and_then(|entry| entry.state)
            .unwrap_or(State::Queued);
        if goal.is_reached(state) {
            return Ok(state);
        }
        let reason = entry.and_then(|entry| entry.reason);
        let sentence = if state == State::Failed {
            reason.unwrap_or_else(|| "The message failed.".to_owned())
        } else if next(&mut events, end, |event| event.id.as_deref() == Some(id)).await {
            continue;
        } else {
            let seconds = patience.as_secs();
            format!(
                "The message is {} after {seconds} seconds; it goes on by itself while Signet is online.",
                word(state)
            )
        };
        return Err(RpcError {
            data: Some(json!({"id": id, "state": state})),
            ..RpcError::refused(sentence)
        });
    }
}

/// Waits until the inviter has answered, or ended it; gives up quietly.
pub(super) async fn until_answered(
    node: &Node,
    mut events: Receiver<Event>,
    contact: ContactId,
    patience: Duration,
) -> Result<(), RpcError> {
    let end = Instant::now() + patience;
    let name = contact.to_string();
    while node.contact(contact).await?.state == "answering" {
        if !next(&mut events, end, |event| {
            event.contact.as_ref() == Some(&name)
        })
        .await
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Waits until a mediator has granted or refused; gives up quietly.
pub(super) async fn until_mediated(
    node: &Node,
    mut events: Receiver<Event>,
    did: &str,
    patience: Duration,
) -> Result<view::Mediator, RpcError> {
    let end = Instant::now() + patience;
    loop {
        let mediator = node.mediator(did).await?;
        let is_open = matches!(mediator.state.as_str(), "asking" | "not answering");
        let about = |event: &Event| event.id.as_deref() == Some(did);
        if !is_open || !next(&mut events, end, about).await {
            return Ok(node.mediator(did).await?);
        }
    }
}

/// Waits until an invitation of ours has its short link, or will not have one soon; gives up quietly.
pub(super) async fn until_short(
    node: &Node,
    mut events: Receiver<Event>,
    id: &str,
    patience: Duration,
) -> Result<view::InvitationView, RpcError> {
    let end = Instant::now() + patience;
    let about = |event: &Event| event.id.as_deref() == Some(id) || event.kind == "mediator.state";
    while node.awaits_short_link(id).await? && next(&mut events, end, about).await {}
    Ok(node.invitation(id).await?)
}

/// Whether an event that matters came before the end.
async fn next(
    events: &mut Receiver<Event>,
    end: Instant,
    matters: impl Fn(&Event) -> bool,
) -> bool {
    loop {
        match timeout_at(end, events.recv()).await {
            Ok(Ok(event)) if matters(&event) => return true,
            Ok(Ok(_)) => {}
            // Some were missed, so it may have been among them.
            Ok(Err(RecvError::Lagged(_))) => return true,
            Ok(Err(RecvError::Closed)) | Err(_) => return false,
        }
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Queued => "still waiting",
        State::Failed => "failed",
        State::Sent => "sent, but not confirmed",
        State::Delivered => "delivered, but not read",
        State::Read => "read",
    }
}
