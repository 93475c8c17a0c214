//! The profile, its name, its settings and its wires.

use serde::Serialize;
use serde_json::Value;
use signet_node::{Node, Secrets, Unlock, ViewError, view};
use tauri::{AppHandle, State};
use ts_rs::TS;

use crate::door::Door;

/// The code that opens a profile when keyring and passphrase are lost.
#[derive(Serialize, TS)]
#[ts(export)]
pub struct UnlockCode {
    /// Shown once.
    pub unlock_code: String,
}

/// How the door stands and, if it is open, what the window shows first.
#[derive(Serialize, TS)]
#[ts(export)]
pub struct Overview {
    pub profile: view::Profile,
    /// `None` unless the profile is open.
    pub shown: Option<Shown>,
}

/// All that the window shows before anything is chosen.
#[derive(Serialize, TS)]
#[ts(export)]
pub struct Shown {
    pub me: view::Me,
    pub settings: view::Settings,
    pub contacts: Vec<view::Contact>,
    pub network: view::Network,
    pub invitations: Vec<view::InvitationView>,
    pub rotation: view::RotationView,
}

#[tauri::command(rename_all = "snake_case")]
pub async fn overview(door: State<'_, Door>) -> Result<Overview, ViewError> {
    let profile = door.profile().await?;
    let shown = match profile.state {
        view::ProfileState::Open => Some(shown(&door.node().await?).await?),
        view::ProfileState::Missing | view::ProfileState::Locked => None,
    };
    Ok(Overview { profile, shown })
}

async fn shown(node: &Node) -> Result<Shown, ViewError> {
    let (me, settings, contacts, network, invitations, rotation) = tokio::try_join!(
        node.me(),
        node.settings(),
        node.contacts(),
        node.network(),
        node.invitations(),
        node.rotation(),
    )?;
    Ok(Shown {
        me,
        settings,
        contacts,
        network,
        invitations,
        rotation,
    })
}

/// A passphrase locks the profile if there is one; else the keyring if the person chose it; else nothing does.
#[tauri::command(rename_all = "snake_case")]
pub async fn create_profile(
    app: AppHandle,
    door: State<'_, Door>,
    name: String,
    passphrase: Option<String>,
    in_keyring: bool,
) -> Result<UnlockCode, ViewError> {
    let keyring = in_keyring && passphrase.is_none();
    let secrets = Secrets {
        plain: passphrase.is_none() && !keyring,
        passphrase,
        keyring,
    };
    let unlock_code = door.create(&app, name, secrets).await?;
    Ok(UnlockCode { unlock_code })
}

#[tauri::command(rename_all = "snake_case")]
pub async fn unlock(
    app: AppHandle,
    door: State<'_, Door>,
    passphrase: Option<String>,
    unlock_code: Option<String>,
) -> Result<view::Profile, ViewError> {
    let by = match (passphrase, unlock_code) {
        (_, Some(code)) => Unlock::Code(code),
        (Some(passphrase), None) => Unlock::Passphrase(passphrase),
        (None, None) => Unlock::Keyring,
    };
    door.unlock(&app, by).await?;
    door.profile().await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn me(door: State<'_, Door>) -> Result<view::Me, ViewError> {
    door.node().await?.me().await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn set_name(door: State<'_, Door>, name: String) -> Result<(), ViewError> {
    door.node().await?.set_name(&name).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn network(door: State<'_, Door>) -> Result<view::Network, ViewError> {
    door.node().await?.network().await
}

/// A switch is `true` or `false`, everything else a word.
#[tauri::command(rename_all = "snake_case")]
pub async fn set_setting(
    door: State<'_, Door>,
    key: String,
    value: Value,
) -> Result<(), ViewError> {
    let value = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    door.node().await?.set_setting(&key, &value).await
}
