//! Where things are: the repository, and what is built from it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The repository and its target folder.
pub struct Place {
    pub root: PathBuf,
    pub target: PathBuf,
}

impl Place {
    /// The repository that cargo runs this program for, or the one it is called in. Not the one it
    /// was built from: two clones that share a target folder share this program.
    pub fn find() -> Result<Place> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
        let root = Path::new(&package)
            .parent()
            .filter(|root| root.join("Cargo.toml").exists())
            .map_or_else(std::env::current_dir, |root| Ok(root.to_owned()))
            .context("the repository was not found")?;
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(Place { root, target })
    }

    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// Pictures are for people, so they lie in the repository, wherever cargo builds.
    pub fn pictures(&self) -> PathBuf {
        self.root.join("target/pictures")
    }

    /// Tools of certain versions, installed for this project only.
    pub fn tool(&self, name: &str, version: &str) -> PathBuf {
        self.target.join("tools").join(format!("{name}-{version}"))
    }

    pub fn built(&self, profile: &str, program: &str) -> PathBuf {
        self.target
            .join(profile)
            .join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
    }
}
