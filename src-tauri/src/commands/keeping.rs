//! Files that the person takes away: exports and backups.

use std::path::PathBuf;

use serde::Serialize;
use signet_node::{ContactId, Format, ViewError, view};
use tauri::{AppHandle, Manager, State};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;
use ts_rs::TS;

use crate::{door::Door, window};

/// A finished backup.
#[derive(Serialize, TS)]
#[ts(export)]
pub struct BackupDone {
    /// Where.
    pub path: String,
}

/// Of all conversations, unless one is named.
#[tauri::command(rename_all = "snake_case")]
pub async fn export(
    app: AppHandle,
    door: State<'_, Door>,
    contact: Option<ContactId>,
    format: Format,
    path: Option<PathBuf>,
) -> Result<view::ExportDone, ViewError> {
    let node = door.node().await?;
    let whose = match contact {
        Some(contact) => node.contact(contact).await?.name,
        None => "Signet".into(),
    };
    let path = place(
        &app,
        path,
        &format!("{}.{}", file_name(&whose), ending(format)),
    )
    .await?;
    node.export(contact, format, &path).await
}

#[tauri::command(rename_all = "snake_case")]
pub async fn backup(
    app: AppHandle,
    door: State<'_, Door>,
    path: Option<PathBuf>,
) -> Result<BackupDone, ViewError> {
    let node = door.node().await?;
    let path = place(&app, path, "Signet.signet-backup").await?;
    let path = node.backup(&path).await?;
    Ok(BackupDone {
        path: path.display().to_string(),
    })
}

/// Where the person wants the file. A finished program always asks the person: whoever should
/// once speak in the pages' name could otherwise write anywhere.
async fn place(app: &AppHandle, path: Option<PathBuf>, name: &str) -> Result<PathBuf, ViewError> {
    if let Some(path) = path.filter(|_| cfg!(debug_assertions)) {
        return Ok(path);
    }
    let (chosen, choice) = oneshot::channel();
    let mut dialog = app.dialog().file().set_file_name(name);
    if let Some(window) = app.get_webview_window(window::MAIN) {
        dialog = dialog.set_parent(&window);
    }
    dialog.save_file(|path| {
        // The window may have closed meanwhile.
        let _ = chosen.send(path);
    });
    let path = choice.await.ok().flatten().ok_or_else(cancelled)?;
    path.into_path().map_err(ViewError::new)
}

/// The pages show nothing for an empty sentence.
fn cancelled() -> ViewError {
    ViewError {
        sentence: String::new(),
    }
}

fn ending(format: Format) -> &'static str {
    match format {
        Format::Text => "txt",
        Format::Json => "json",
        Format::Html => "html",
    }
}

/// Somebody's name as the name of a file: no separators, nothing hidden, not too long.
fn file_name(name: &str) -> String {
    let kept = |c: char| {
        if c.is_alphanumeric() || " -_".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().take(60).map(kept).collect();
    match name.trim_matches([' ', '-']) {
        "" => "Conversation".into(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_the_name_of_a_file() {
        assert_eq!(file_name("Clara Weiß"), "Clara Weiß");
        assert_eq!(file_name("../../etc/passwd"), "etc-passwd");
        assert_eq!(file_name("..\u{202e}.\0"), "Conversation");
        assert_eq!(file_name(&"x".repeat(500)).len(), 60);
    }
}
