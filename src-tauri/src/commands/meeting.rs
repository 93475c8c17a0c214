//! Invitations, ours and theirs.

use std::time::Duration;

use signet_node::{ViewError, view};
use tauri::{
    State,
    ipc::{InvokeBody, Request},
};

use crate::door::Door;

#[tauri::command(rename_all = "snake_case")]
pub async fn invite(
    door: State<'_, Door>,
    reusable: bool,
    expires_hours: Option<u32>,
    note: Option<String>,
) -> Result<view::InvitationView, ViewError> {
    let expires = expires_hours.map(|hours| Duration::from_secs(u64::from(hours) * 3600));
    door.node().await?.invite(reusable, expires, note).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn invitations(door: State<'_, Door>) -> Result<Vec<view::InvitationView>, ViewError> {
    door.node().await?.invitations().await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn revoke(door: State<'_, Door>, id: String) -> Result<(), ViewError> {
    door.node().await?.revoke(&id).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn accept_link(
    door: State<'_, Door>,
    link: String,
    note: Option<String>,
) -> Result<view::Contact, ViewError> {
    door.node().await?.accept(&link, note).await
}

/// Takes the picture's file as the body of the call, without a detour through JSON.
#[tauri::command(rename_all = "snake_case")]
pub async fn accept_picture(
    door: State<'_, Door>,
    request: Request<'_>,
) -> Result<view::Contact, ViewError> {
    let InvokeBody::Raw(picture) = request.body() else {
        return Err(ViewError::new("a picture comes as bytes"));
    };
    door.node()
        .await?
        .accept_picture(picture.clone(), None)
        .await
}
