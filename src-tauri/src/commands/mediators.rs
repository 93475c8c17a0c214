//! Those who keep mail for us.

use signet_node::{ViewError, view};
use tauri::{
    State,
    ipc::{InvokeBody, Request},
};

use crate::door::Door;

#[tauri::command(rename_all = "snake_case")]
pub async fn mediators(door: State<'_, Door>) -> Result<Vec<view::Mediator>, ViewError> {
    door.node().await?.mediators().await
}

/// `place` is a link or a DID. What comes of it is told as it happens.
#[tauri::command(rename_all = "snake_case")]
pub async fn add_mediator(
    door: State<'_, Door>,
    place: String,
) -> Result<view::Mediator, ViewError> {
    door.node().await?.add_mediator(&place, None).await
}

/// Takes the picture's file as the body of the call, without a detour through JSON.
#[tauri::command(rename_all = "snake_case")]
pub async fn add_mediator_in_picture(
    door: State<'_, Door>,
    request: Request<'_>,
) -> Result<view::Mediator, ViewError> {
    let InvokeBody::Raw(picture) = request.body() else {
        return Err(ViewError::new("a picture comes as bytes"));
    };
    let node = door.node().await?;
    node.add_mediator_in_picture(picture.clone()).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn remove_mediator(door: State<'_, Door>, did: String) -> Result<(), ViewError> {
    door.node().await?.remove_mediator(&did).await.map(drop)
}
