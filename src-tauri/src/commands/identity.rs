//! Taking new identities.

use serde::Serialize;
use signet_node::{ContactId, ViewError, view};
use tauri::State;
use ts_rs::TS;

use crate::door::Door;

/// How many rotations have begun.
#[derive(Serialize, TS)]
#[ts(export)]
pub struct Started {
    /// Contacts.
    pub started: u32,
}

/// Of all contacts, unless some are named.
#[tauri::command(rename_all = "snake_case")]
pub async fn rotate(
    door: State<'_, Door>,
    contacts: Option<Vec<ContactId>>,
) -> Result<Started, ViewError> {
    let started = door.node().await?.rotate(contacts).await?;
    Ok(Started {
        started: u32::try_from(started.len()).unwrap_or(u32::MAX),
    })
}

#[tauri::command(rename_all = "snake_case")]
pub async fn rotation(door: State<'_, Door>) -> Result<view::RotationView, ViewError> {
    door.node().await?.rotation().await
}
