//! Notices: what happened, told to the pages in a few bytes. They pull what they show.

use serde::Serialize;
use signet_node::{Event, Node};
use tauri::{AppHandle, Emitter, Manager};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use ts_rs::TS;

use crate::{bell::Bell, window};

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Notice {
    /// What it is about.
    pub kind: Kind,
    /// Whose; `null`: anybody's.
    pub contact: Option<String>,
    /// Of one message.
    pub id: Option<String>,
    /// For the person.
    pub sentence: Option<String>,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Kind {
    /// A conversation has another entry.
    Entries,
    /// An own message has come further.
    State,
    /// A contact is not as it was.
    Contacts,
    /// An invitation is not as it was.
    Invitations,
    /// A wire works, or does not.
    Network,
    /// A mediator has answered, or is left.
    Mediators,
    /// A rotation has come further.
    Rotation,
    /// The node has ended by itself, and says why.
    Stopped,
    /// The door was closed.
    Locked,
    /// The person asks for this conversation from outside of the window.
    OpenConversation,
}

impl Notice {
    /// That `kind` is not as it was, whoever it belongs to.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            contact: None,
            id: None,
            sentence: None,
        }
    }

    /// Tells it to the window.
    pub fn tell(&self, app: &AppHandle) {
        if let Err(error) = app.emit_to(window::MAIN, "notice", self) {
            tracing::warn!(%error, "the window was not told");
        }
    }
}

/// Tells the window, and the person if they look elsewhere, what happens at `node` until it ends.
pub fn forward(app: AppHandle, node: Node) {
    tauri::async_runtime::spawn(async move {
        let mut events = node.events();
        loop {
            let heard = tokio::select! {
                heard = hear(&mut events) => heard,
                ended = node.stopped() => {
                    let notice = match ended {
                        Some(error) => Notice { sentence: Some(error.sentence), ..Notice::of(Kind::Stopped) },
                        None => Notice::of(Kind::Locked),
                    };
                    notice.tell(&app);
                    return;
                }
            };
            for event in &heard {
                app.state::<Bell>().ring(&app, &node, event).await;
            }
            for notice in notices(&heard) {
                notice.tell(&app);
            }
        }
    });
}

/// Everything that has happened since the last time, at least one thing.
async fn hear(events: &mut Receiver<Event>) -> Vec<Event> {
    let mut heard = Vec::new();
    match events.recv().await {
        Ok(event) => heard.push(event),
        // Whoever missed something looks at everything.
        Err(RecvError::Lagged(_)) => {
            let missed = [
                "line.added",
                "contact.changed",
                "invitation.changed",
                "network.state",
                "mediator.state",
                "rotation.progress",
            ];
            heard.extend(missed.map(|kind| Event {
                kind,
                ..Event::default()
            }));
        }
        // The end comes by its own way.
        Err(RecvError::Closed) => std::future::pending().await,
    }
    while let Ok(event) = events.try_recv() {
        heard.push(event);
    }
    heard
}

/// What the window is told of `events`: each thing once, in its order.
fn notices(events: &[Event]) -> Vec<Notice> {
    let mut notices = Vec::new();
    for event in events {
        let Some(kind) = kind(event.kind) else {
            continue;
        };
        // Only a state is looked up message by message.
        let id = event.id.clone().filter(|_| kind == Kind::State);
        let notice = Notice {
            contact: event.contact.clone(),
            id,
            ..Notice::of(kind)
        };
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    notices
}

fn kind(event: &str) -> Option<Kind> {
    match event {
        "message.received" | "message.sent" | "line.added" | "contact.rotated" => {
            Some(Kind::Entries)
        }
        "message.state" => Some(Kind::State),
        "contact.added" | "contact.requested" | "contact.changed" | "contact.ended"
        | "contact.read" => Some(Kind::Contacts),
        "invitation.changed" => Some(Kind::Invitations),
        "network.state" => Some(Kind::Network),
        "mediator.state" => Some(Kind::Mediators),
        "rotation.progress" => Some(Kind::Rotation),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &'static str, contact: &str, id: &str) -> Event {
        Event {
            kind,
            contact: Some(contact.into()),
            id: Some(id.into()),
            ..Event::default()
        }
    }

    #[test]
    fn a_burst_is_told_once_for_each_conversation() {
        let events: Vec<Event> = (0..500)
            .map(|n| event("message.received", ["a", "b"][n % 2], &n.to_string()))
            .collect();

        let told = notices(&events);

        let whose: Vec<&str> = told
            .iter()
            .filter_map(|notice| notice.contact.as_deref())
            .collect();
        assert_eq!(whose, ["a", "b"]);
        assert!(told.iter().all(|notice| notice.kind == Kind::Entries));
    }

    #[test]
    fn states_are_told_message_by_message() {
        let told = notices(&[
            event("message.state", "a", "1"),
            event("message.state", "a", "2"),
        ]);

        assert_eq!(told.len(), 2);
        assert_eq!(told[1].id.as_deref(), Some("2"));
    }

    #[tokio::test]
    async fn whoever_missed_something_looks_at_everything() {
        let (sender, mut events) = tokio::sync::broadcast::channel(2);
        for n in 0..3 {
            sender
                .send(event("message.received", "a", &n.to_string()))
                .unwrap();
        }

        let told = notices(&hear(&mut events).await);

        for kind in [
            Kind::Entries,
            Kind::Contacts,
            Kind::Invitations,
            Kind::Network,
            Kind::Rotation,
        ] {
            assert!(
                told.iter()
                    .any(|notice| notice.kind == kind && notice.contact.is_none()),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_notice_says_its_kind_as_the_pages_know_it() {
        let notice = serde_json::to_string(&Notice::of(Kind::OpenConversation)).unwrap();

        assert_eq!(
            notice,
            r#"{"kind":"open-conversation","contact":null,"id":null,"sentence":null}"#
        );
    }
}
