//! Those who keep mail for us.

use signet_node::{ViewError, view};
use tauri::State;

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

#[tauri::command(rename_all = "snake_case")]
pub async fn remove_mediator(door: State<'_, Door>, did: String) -> Result<(), ViewError> {
    door.node().await?.remove_mediator(&did).await.map(drop)
}
