//! The profile's own things: name, settings, passphrase, backup.

use std::path::{Path, PathBuf};

use signet_protocol::command::Command;

use crate::{
    Node,
    event::Event,
    node::{MDNS, UPNP},
    view::{self, ViewError},
};

/// The settings a person has, with their values and the first of each as it is before it was set.
const SETTINGS: [(&str, &[&str]); 4] = [
    (MDNS, &["true", "false"]),
    (UPNP, &["true", "false"]),
    ("notifications", &["full", "name", "none"]),
    ("theme", &["system", "light", "dark"]),
];

impl Node {
    /// Takes another name; every contact is told.
    ///
    /// # Errors
    /// One sentence if it is empty or too long.
    pub async fn set_name(&self, name: &str) -> Result<(), ViewError> {
        self.command(Command::SetName(name.trim().to_owned()))
            .await
            .map(drop)
    }

    /// What the person has set.
    ///
    /// # Errors
    /// One sentence if the node has stopped.
    pub async fn settings(&self) -> Result<view::Settings, ViewError> {
        let name = self
            .look(|look| look.machine.profile().name.clone())
            .await?;
        self.history_of(move |store| {
            let value = |key: &str| -> Result<String, ViewError> {
                let known = SETTINGS
                    .iter()
                    .find(|(name, _)| *name == key)
                    .map_or(&[][..], |(_, values)| values);
                let set = store.setting(key).map_err(ViewError::new)?;
                let set = set.and_then(|set| String::from_utf8(set).ok());
                let set = set.filter(|set| known.contains(&set.as_str()));
                Ok(set.unwrap_or_else(|| known.first().copied().unwrap_or_default().to_owned()))
            };
            Ok(view::Settings {
                mdns: value(MDNS)? == "true",
                upnp: value(UPNP)? == "true",
                notifications: value("notifications")?,
                theme: value("theme")?,
                name,
            })
        })
        .await
    }

    /// Sets one thing. `name` is a setting too.
    ///
    /// # Errors
    /// One sentence if there is no such setting or value.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), ViewError> {
        if key == "name" {
            return self.set_name(value).await;
        }
        let Some((key, values)) = SETTINGS.iter().find(|(name, _)| *name == key) else {
            return Err(ViewError::new(format!(
                "there is no setting {key:?}: name, mdns, upnp, notifications, theme"
            )));
        };
        if !values.contains(&value) {
            return Err(ViewError::new(format!(
                "{key} is one of {}",
                values.join(", ")
            )));
        }
        let value = value.to_owned();
        self.history_of(move |store| {
            store
                .set_setting(key, value.as_bytes())
                .map_err(ViewError::new)
        })
        .await?;
        self.tell(Event::of("profile.changed"));
        Ok(())
    }

    /// Sets the passphrase, or takes it away where another way to open remains.
    ///
    /// # Errors
    /// One sentence.
    pub async fn passphrase(&self, passphrase: Option<String>) -> Result<(), ViewError> {
        self.history_of(move |store| {
            store
                .set_passphrase(passphrase.as_deref())
                .map_err(ViewError::new)
        })
        .await
    }

    /// Saves the whole profile in one encrypted file, which the passphrase or the unlock code opens.
    ///
    /// # Errors
    /// One sentence; then there is no such file.
    pub async fn backup(&self, path: &Path) -> Result<PathBuf, ViewError> {
        let path = std::path::absolute(path).map_err(ViewError::new)?;
        let to = path.clone();
        self.history_of(move |store| {
            let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
            store.backup(&to, &mut go_on).map_err(ViewError::new)
        })
        .await?;
        Ok(path)
    }
}
