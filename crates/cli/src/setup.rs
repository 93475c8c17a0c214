//! Making a profile, restoring one, and changing how it is locked.

use std::path::Path;

use serde_json::json;
use signet_node::{Node, Secrets, Unlock, ViewError, keyring_answers, view::ProfileState};

use crate::{
    arguments::{Change, Global, Init, Restore},
    fault::Fault,
    secret,
    session::{Session, profile},
    show,
};

const UNPROTECTED: &str = "This profile has no passphrase: its key lies in a file beside it, which only your account may \
                           read. Whoever gets at your files, or at a copy of the disk, reads everything.";

/// `signet init`.
pub async fn init(global: &Global, init: Init) -> Result<(), Fault> {
    let folder = profile(global)?;
    if blocking({
        let folder = folder.clone();
        move || Node::standing(&folder)
    })
    .await?
    .state
        != ProfileState::Missing
    {
        return Err(Fault::failed(format!(
            "There is a profile already in {}.",
            folder.display()
        )));
    }
    let secrets = secrets(init.no_passphrase, secret::given(global)?).await?;
    let is_plain = secrets.plain;
    let code = blocking({
        let (folder, name) = (folder.clone(), init.name.clone());
        move || Node::create(&folder, &name, &secrets)
    })
    .await?;
    made(global, &folder, &init.name, &code, is_plain)
}

/// `signet restore`.
pub async fn restore(global: &Global, restore: Restore) -> Result<(), Fault> {
    let folder = profile(global)?;
    let typed = match secret::given(global)? {
        Some(given) => given,
        None => secret::ask("Passphrase or unlock code of the backup: ")?,
    };
    let unlock = Unlock::typed(typed.clone());
    let same = matches!(unlock, Unlock::Passphrase(_)).then_some(typed);
    let secrets = secrets(restore.no_passphrase, same).await?;
    let is_plain = secrets.plain;
    let code = blocking({
        let folder = folder.clone();
        move || Node::restore(&restore.file, &folder, &unlock, &secrets)
    })
    .await?;
    made(global, &folder, "", &code, is_plain)
}

/// `signet passphrase`.
pub async fn passphrase(global: &Global, change: Change) -> Result<(), Fault> {
    let session = Session::open(global, false).await?;
    let new = match (&change.new_file, change.remove) {
        (_, true) => Ok(None),
        (Some(file), false) => secret::first_line(file).map(Some),
        (None, false) => secret::choose().map(Some),
    };
    let new = match new {
        Ok(new) => new,
        Err(fault) => {
            session.close().await;
            return Err(fault);
        }
    };
    let told = session.call("passphrase", json!({"new": new})).await?;
    show::result(global, "passphrase", told)
}

/// How a new profile is to be locked.
async fn secrets(no_passphrase: bool, passphrase: Option<String>) -> Result<Secrets, Fault> {
    if no_passphrase {
        return Ok(Secrets {
            plain: true,
            ..Secrets::default()
        });
    }
    if passphrase.is_some() {
        return Ok(Secrets {
            passphrase,
            ..Secrets::default()
        });
    }
    if blocking(|| Ok(keyring_answers())).await? {
        return Ok(Secrets {
            keyring: true,
            ..Secrets::default()
        });
    }
    if secret::is_somebody_there() {
        eprintln!("This computer offers no keyring, so the profile is locked by a passphrase.");
        return Ok(Secrets {
            passphrase: Some(secret::choose()?),
            ..Secrets::default()
        });
    }
    Err(Fault::failed(
        "This computer offers no keyring: give a passphrase with --passphrase-file or SIGNET_PASSPHRASE, or say \
         --no-passphrase, and then whoever gets at your files reads everything.",
    ))
}

fn made(
    global: &Global,
    folder: &Path,
    name: &str,
    code: &str,
    is_plain: bool,
) -> Result<(), Fault> {
    let about = json!({"profile": folder, "name": name, "unlock_code": code, "plain": is_plain});
    if is_plain {
        eprintln!("{UNPROTECTED}");
    }
    show::result(global, "init", about)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ViewError> + Send + 'static,
) -> Result<T, Fault> {
    let told = tokio::task::spawn_blocking(work).await;
    Ok(told.map_err(|error| Fault::failed(format!("Signet failed: {error}.")))??)
}
