//! Passphrases: from a file, from the environment, or from the person.

use std::{
    fs,
    io::{IsTerminal, Read},
    path::Path,
};

use signet_node::{Node, Unlock, view::ProfileState};

use crate::{arguments::Global, fault::Fault};

/// A file of more bytes than this holds no passphrase.
const MAX_FILE: u64 = 64 * 1024;

/// How to open this profile.
pub async fn unlock(global: &Global, profile: &Path) -> Result<Unlock, Fault> {
    let folder = profile.to_owned();
    let standing = tokio::task::spawn_blocking(move || Node::standing(&folder)).await;
    let standing = standing
        .map_err(|error| Fault::failed(format!("Signet cannot look at the profile: {error}.")))??;
    match standing.state {
        ProfileState::Missing => {
            let folder = profile.display();
            Err(Fault::failed(format!(
                "There is no profile in {folder}; make one with signet init --name NAME."
            )))
        }
        ProfileState::Locked | ProfileState::Open if standing.plain => Ok(Unlock::Plain),
        ProfileState::Locked | ProfileState::Open => match given(global)? {
            Some(passphrase) => Ok(Unlock::typed(passphrase)),
            None if standing.keyring && standing.keyring_offered => Ok(Unlock::Keyring),
            None => ask("Passphrase or unlock code: ").map(Unlock::typed),
        },
    }
}

/// The passphrase that was given without asking.
pub fn given(global: &Global) -> Result<Option<String>, Fault> {
    match &global.passphrase_file {
        Some(file) => first_line(file).map(Some),
        None => match std::env::var("SIGNET_PASSPHRASE") {
            Ok(passphrase) if !passphrase.is_empty() => Ok(Some(passphrase)),
            Ok(_) | Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Fault::usage("SIGNET_PASSPHRASE is not UTF-8."))
            }
        },
    }
}

/// The first line of a file.
pub fn first_line(file: &Path) -> Result<String, Fault> {
    let unreadable = |error: std::io::Error| {
        Fault::failed(format!(
            "The file {} cannot be read: {error}.",
            file.display()
        ))
    };
    let mut text = String::new();
    let opened = fs::File::open(file).map_err(unreadable)?;
    opened
        .take(MAX_FILE)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(Fault::failed(format!(
            "The first line of {} is empty.",
            file.display()
        ))),
    }
}

/// Asks the person.
pub fn ask(question: &str) -> Result<String, Fault> {
    if !is_somebody_there() {
        return Err(Fault::failed(
            "A passphrase is needed: give it with --passphrase-file or SIGNET_PASSPHRASE.",
        ));
    }
    let typed = rpassword::prompt_password(question);
    typed.map_err(|error| Fault::failed(format!("The passphrase cannot be read: {error}.")))
}

/// Asks twice for a passphrase that is to be set.
pub fn choose() -> Result<String, Fault> {
    let first = ask("New passphrase: ")?;
    if first.is_empty() {
        return Err(Fault::failed("A passphrase has at least one letter."));
    }
    if ask("The same again: ")? != first {
        return Err(Fault::failed(
            "The two are not the same; nothing was changed.",
        ));
    }
    Ok(first)
}

/// Whether a prompt has a person in front of it.
pub fn is_somebody_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}
