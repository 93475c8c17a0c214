//! The bell: notifications of the desktop, for a person who looks elsewhere.
//!
//! Each shown one has a thread that waits for its click, since that is how every platform tells
//! of it; they are few, and beyond that a notification is shown whose click does nothing.

use std::sync::{Arc, Mutex, PoisonError};

use notify_rust::Notification;
use signet_node::{Event, Node};
use tauri::AppHandle;
use tokio::sync::Semaphore;

use crate::{
    notice::{Kind, Notice},
    window,
};

/// Notifications whose click is waited for at the same time.
const WAITING: usize = 16;
/// Characters of a message in a notification; a screen shows about as many.
const CHARACTERS: usize = 200;
/// For whoever shall not see more.
const NEW_MESSAGE: &str = "New message";
const REQUEST: &str = "Would like to write to you";

/// What rings.
pub struct Bell {
    waiting: Arc<Semaphore>,
    looking_at: Mutex<Option<String>>,
}

impl Default for Bell {
    fn default() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(WAITING)),
            looking_at: Mutex::default(),
        }
    }
}

impl Bell {
    /// The window shows this conversation.
    pub fn look_at(&self, contact: Option<String>) {
        *self
            .looking_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = contact;
    }

    /// Notifies the person of `event`, if it is worth it and they do not see it anyway.
    pub async fn ring(&self, app: &AppHandle, node: &Node, event: &Event) {
        let Some(contact) = event.contact.clone().filter(|_| is_worth_it(event)) else {
            return;
        };
        if self.is_looking_at(&contact) && window::is_focused(app) {
            return;
        }
        let Ok(settings) = node.settings().await else {
            return;
        };
        let (title, body) = words(event, &settings.notifications);
        let waits = Arc::clone(&self.waiting).try_acquire_owned();
        let app = app.clone();
        let thread = std::thread::Builder::new()
            .name("notification".into())
            .spawn(move || {
                let clicked = show(&title, &body, waits.is_ok());
                if clicked {
                    window::show(&app);
                    Notice {
                        contact: Some(contact),
                        ..Notice::of(Kind::OpenConversation)
                    }
                    .tell(&app);
                }
                drop(waits);
            });
        if let Err(error) = thread {
            tracing::warn!(%error, "a notification was not shown");
        }
    }

    fn is_looking_at(&self, contact: &str) -> bool {
        let looking_at = self
            .looking_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        looking_at.as_deref() == Some(contact)
    }
}

fn is_worth_it(event: &Event) -> bool {
    matches!(event.kind, "message.received" | "contact.requested") && !event.muted
}

/// Title and body, as much as `setting` allows.
fn words(event: &Event, setting: &str) -> (String, String) {
    let name = event.name.clone().unwrap_or_else(|| "Signet".into());
    let text = event.text.as_deref();
    match (setting, text) {
        ("full", Some(text)) => (name, text.chars().take(CHARACTERS).collect()),
        ("full" | "name", None) => (name, REQUEST.into()),
        ("name", Some(_)) => (name, NEW_MESSAGE.into()),
        _ => ("Signet".into(), NEW_MESSAGE.into()),
    }
}

/// Shows it; if asked, stays until it is gone, and says whether it was clicked.
fn show(title: &str, body: &str, wait: bool) -> bool {
    let mut notification = Notification::new();
    notification
        .appname("Signet")
        .summary(title)
        .body(&plain(body))
        .action("default", "Open");
    #[cfg(all(unix, not(target_os = "macos")))]
    notification
        .hint(notify_rust::Hint::Category("im.received".into()))
        .hint(notify_rust::Hint::DesktopEntry(
            "chat.signet.desktop".into(),
        ));
    let shown = match notification.show() {
        Ok(shown) => shown,
        Err(error) => {
            tracing::debug!(%error, "this desktop shows no notifications");
            return false;
        }
    };
    let mut clicked = false;
    if wait {
        shown.wait_for_action(|action| clicked = action == "default");
    }
    clicked
}

/// Somebody else's words, so that no desktop takes them for markup.
fn plain(body: &str) -> String {
    if !reads_markup() {
        return body.to_owned();
    }
    body.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(all(unix, not(target_os = "macos")))]
fn reads_markup() -> bool {
    notify_rust::get_capabilities().is_ok_and(|known| known.iter().any(|one| one == "body-markup"))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn reads_markup() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(text: &str) -> Event {
        Event {
            kind: "message.received",
            name: Some("Alice".into()),
            text: Some(text.into()),
            ..Event::default()
        }
    }

    #[test]
    fn a_notification_shows_what_the_person_allowed() {
        let event = received("Come by on Saturday?");

        assert_eq!(
            words(&event, "full"),
            ("Alice".into(), "Come by on Saturday?".into())
        );
        assert_eq!(
            words(&event, "name"),
            ("Alice".into(), "New message".into())
        );
        assert_eq!(
            words(&event, "none"),
            ("Signet".into(), "New message".into())
        );
    }

    #[test]
    fn a_setting_that_nobody_knows_shows_nothing() {
        assert_eq!(
            words(&received("secret"), "everything"),
            ("Signet".into(), "New message".into())
        );
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let (_, body) = words(&received(&"ü".repeat(5_000)), "full");

        assert_eq!(body, "ü".repeat(200));
    }

    #[test]
    fn muted_contacts_and_own_messages_do_not_ring() {
        assert!(is_worth_it(&received("hello")));
        assert!(!is_worth_it(&Event {
            muted: true,
            ..received("hello")
        }));
        assert!(!is_worth_it(&Event {
            kind: "message.sent",
            ..received("hello")
        }));
    }
}
