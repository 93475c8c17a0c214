//! Contacts.

use signet_node::{ContactId, ViewError, view};
use tauri::State;

use crate::door::Door;

#[tauri::command(rename_all = "snake_case")]
pub async fn contacts(door: State<'_, Door>) -> Result<Vec<view::Contact>, ViewError> {
    door.node().await?.contacts().await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn contact(
    door: State<'_, Door>,
    contact: ContactId,
) -> Result<view::Contact, ViewError> {
    door.node().await?.contact(contact).await
}

/// Without a name of the person's own, the contact's own counts again.
#[tauri::command(rename_all = "snake_case")]
pub async fn rename(
    door: State<'_, Door>,
    contact: ContactId,
    name: String,
) -> Result<(), ViewError> {
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    door.node().await?.rename(contact, name).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn mute(door: State<'_, Door>, contact: ContactId, muted: bool) -> Result<(), ViewError> {
    door.node().await?.mute(contact, muted).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn mediated_only(
    door: State<'_, Door>,
    contact: ContactId,
    on: bool,
) -> Result<(), ViewError> {
    door.node().await?.mediated_only(contact, on).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn block(
    door: State<'_, Door>,
    contact: ContactId,
    blocked: bool,
) -> Result<(), ViewError> {
    door.node().await?.block(contact, blocked).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn delete(door: State<'_, Door>, contact: ContactId) -> Result<(), ViewError> {
    door.node().await?.delete(contact).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn end(door: State<'_, Door>, contact: ContactId) -> Result<(), ViewError> {
    door.node().await?.end(contact).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn request(
    door: State<'_, Door>,
    contact: ContactId,
    accept: bool,
) -> Result<(), ViewError> {
    door.node().await?.request(contact, accept).await
}
