//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Of the bridge that xtask installs.
const TAURI_DRIVER: &str = "tools/tauri-driver-2.1.0/bin/tauri-driver";

/// The repository, as cargo names it now: clones that share a target folder share this program.
pub fn root() -> PathBuf {
    let package = std::env::var("CARGO_MANIFEST_DIR");
    Path::new(package.as_deref().unwrap_or(env!("CARGO_MANIFEST_DIR"))).join("../..")
}

/// The window's program.
pub fn desktop() -> Result<PathBuf> {
    found(
        "SIGNET_DESKTOP",
        built()?.join("signet-desktop"),
        "cargo xtask test builds it",
    )
}

/// The bridge between WebDriver and the window.
pub fn tauri_driver() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    let installed = built()?.join("..").join(TAURI_DRIVER);
    let usual =
        folders.find_map(|folder| Some(folder.join("tauri-driver")).filter(|file| file.is_file()));
    found(
        "SIGNET_TAURI_DRIVER",
        usual.unwrap_or(installed),
        "cargo xtask setup installs it",
    )
}

/// The judge of accessibility.
pub fn axe() -> PathBuf {
    root().join("ui/node_modules/axe-core/axe.min.js")
}

/// Keeps a picture for people to look at.
pub fn keep(name: &str, picture: &[u8]) -> Result<PathBuf> {
    let folder = std::env::var_os("SIGNET_PICTURES")
        .map_or_else(|| root().join("target/pictures"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.png"));
    std::fs::write(&file, picture)?;
    Ok(file)
}

/// Where cargo leaves programs: beside the folder of the running test.
fn built() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).context("the test lies nowhere")?;
    Ok(folder.to_owned())
}

fn found(variable: &str, usual: PathBuf, hint: &str) -> Result<PathBuf> {
    let file = std::env::var_os(variable).map_or(usual, PathBuf::from);
    if !file.is_file() {
        bail!("{} is missing; {hint}", file.display());
    }
    Ok(file.canonicalize()?)
}
