//! Messages.

use signet_node::{ContactId, ViewError, view};
use tauri::State;

use crate::{bell::Bell, door::Door};

/// The longest page that is handed out at once.
const PAGE: usize = 400;

#[tauri::command(rename_all = "snake_case")]
pub async fn history(
    door: State<'_, Door>,
    contact: ContactId,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<view::Entry>, ViewError> {
    door.node()
        .await?
        .history(contact, before, limit.min(PAGE))
        .await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn send(
    door: State<'_, Door>,
    id: String,
    contact: ContactId,
    text: String,
) -> Result<(), ViewError> {
    door.node()
        .await?
        .send(Some(id), contact, &text, None)
        .await?;
    Ok(())
}

#[tauri::command(rename_all = "snake_case")]
pub async fn resend(
    door: State<'_, Door>,
    contact: ContactId,
    id: String,
) -> Result<(), ViewError> {
    door.node().await?.resend(contact, &id).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn read(door: State<'_, Door>, contact: ContactId, up_to: u64) -> Result<(), ViewError> {
    door.node().await?.read(contact, Some(up_to)).await
}

/// Which conversation is on the screen, so that nobody is notified of what they see.
#[tauri::command(rename_all = "snake_case")]
pub async fn looking_at(bell: State<'_, Bell>, contact: Option<String>) -> Result<(), ViewError> {
    bell.look_at(contact);
    Ok(())
}
