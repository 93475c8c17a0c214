//! A desktop that shows notifications to nobody, remembers them and clicks them.
//!
//! Source: Desktop Notifications Specification 1.2, `org.freedesktop.Notifications`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use zbus::{Connection, connection, interface, object_server::SignalEmitter, zvariant::OwnedValue};

use crate::patience::until;

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// One that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its number on this desktop.
    pub id: u32,
    /// Its title.
    pub title: String,
    /// Its text, with markup as it came.
    pub body: String,
    /// What can be clicked.
    pub actions: Vec<String>,
}

/// The desktop.
pub struct Desktop {
    connection: Connection,
    shown: Shown,
}

type Shown = Arc<Mutex<Vec<Notification>>>;

impl Desktop {
    pub(crate) async fn start(address: &str) -> Result<Self> {
        let shown = Shown::default();
        let server = Server {
            shown: Arc::clone(&shown),
        };
        let connection = connection::Builder::address(address)?
            .serve_at(PATH, server)?
            .name(NAME)?
            .build()
            .await?;
        Ok(Self { connection, shown })
    }

    /// Everything shown so far.
    pub fn shown(&self) -> Vec<Notification> {
        self.shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for a notification.
    pub async fn see(&self, title: &str, body: &str) -> Result<Notification> {
        let sought = |one: &Notification| one.title == title && one.body == body;
        until(&format!("a notification {title:?}, {body:?}"), async || {
            Ok(self.shown().into_iter().find(sought))
        })
        .await
    }

    /// Clicks it, as a person does.
    pub async fn click(&self, notification: &Notification) -> Result<()> {
        let emitter = SignalEmitter::new(&self.connection, PATH)?;
        Server::action_invoked(&emitter, notification.id, "default").await?;
        Ok(())
    }
}

struct Server {
    shown: Shown,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup", "persistence"]
            .map(str::to_owned)
            .to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("Stage".into(), "Signet".into(), "1".into(), "1.2".into())
    }

    #[expect(clippy::too_many_arguments, reason = "the specification says so")]
    fn notify(
        &self,
        _app_name: String,
        replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(shown.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let id = if replaces == 0 { next } else { replaces };
        shown.push(Notification {
            id,
            title,
            body,
            actions,
        });
        id
    }

    fn close_notification(&self, _id: u32) {}

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &SignalEmitter<'_>,
        id: u32,
        action_key: &str,
    ) -> zbus::Result<()>;
}
