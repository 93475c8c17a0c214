//! The repository as its own tests see it: its packages, and its files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Folders that are made, not written.
const MADE: [&str; 7] = [
    ".git",
    "target",
    "node_modules",
    "dist",
    "dist-mock",
    "gen",
    "bindings",
];

/// The folder that holds the workspace, as cargo names it now: clones that share a target folder share this program.
pub fn root() -> PathBuf {
    let package = std::env::var("CARGO_MANIFEST_DIR");
    Path::new(package.as_deref().unwrap_or(env!("CARGO_MANIFEST_DIR"))).join("../..")
}

/// One of our packages, as `cargo metadata` tells it.
#[derive(Debug)]
pub struct Package {
    /// Its name, such as `signet-store`.
    pub name: String,
    /// Its folder, relative to [`root`], with `/` between the parts.
    pub folder: String,
    /// What it names in its manifest.
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Debug)]
pub struct Dependency {
    /// The package's own name, whatever it is called here.
    pub name: String,
    /// It lies in this repository.
    pub is_ours: bool,
    /// It is there for tests only.
    pub is_for_tests: bool,
    /// The features asked for.
    pub features: Vec<String>,
}

/// All packages of the workspace.
///
/// # Errors
/// A sentence, if cargo cannot be asked or answers in a form that is not understood.
pub fn packages() -> Result<Vec<Package>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
        format!(
            "cargo metadata: {error}: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    let top = text(&metadata["workspace_root"]);
    list(&metadata["packages"])
        .iter()
        .map(|package| read_package(package, &top))
        .collect()
}

fn read_package(package: &Value, top: &str) -> Result<Package, String> {
    let name = text(&package["name"]);
    let manifest = text(&package["manifest_path"]);
    let folder = Path::new(&manifest)
        .parent()
        .and_then(|folder| folder.strip_prefix(top).ok())
        .ok_or_else(|| format!("{name} lies outside of the workspace"))?;
    let dependencies = list(&package["dependencies"])
        .iter()
        .map(|dependency| Dependency {
            name: text(&dependency["name"]),
            is_ours: dependency["path"].is_string(),
            is_for_tests: dependency["kind"] == "dev",
            features: list(&dependency["features"]).iter().map(text).collect(),
        });
    Ok(Package {
        name,
        folder: slashes(folder),
        dependencies: dependencies.collect(),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn slashes(path: &Path) -> String {
    path.iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// A file that somebody wrote, with its path relative to [`root`].
#[derive(Debug)]
pub struct File {
    /// The path, with `/` between its parts.
    pub path: String,
    /// The content; files that are no text are left out.
    pub text: String,
}

impl File {
    /// Whether its name ends in one of these, each without a dot.
    pub fn is(&self, endings: &[&str]) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, ending)| endings.contains(&ending))
    }
}

/// All text files that somebody wrote, in the order of their paths.
///
/// # Errors
/// If a folder cannot be read.
pub fn files() -> std::io::Result<Vec<File>> {
    let mut files = Vec::new();
    collect(&root(), "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && !MADE.contains(&name.as_str()) {
            collect(&entry.path(), &path, files)?;
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            files.push(File { path, text });
        }
    }
    Ok(())
}
