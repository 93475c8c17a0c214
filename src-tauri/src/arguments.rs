//! What the command line says: whose profile, and which wires.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::SocketAddr,
    path::PathBuf,
};

use anyhow::Context;
use clap::Parser;
use signet_node::Options;

/// Signet: messages under your own seal.
#[derive(Clone, Debug, Parser)]
#[command(name = "signet-desktop", version)]
pub struct Arguments {
    /// The profile's folder, instead of the one in the platform's data folder.
    #[arg(long, value_name = "DIR", env = "SIGNET_PROFILE")]
    profile: Option<PathBuf>,
    /// Listen there; may be given several times. Otherwise where it was the last time.
    #[arg(long, value_name = "MULTIADDR")]
    listen: Vec<String>,
    /// Open an inbound DIDComm endpoint over HTTP.
    #[arg(long, value_name = "ADDR:PORT")]
    http: Option<SocketAddr>,
    /// How others reach that endpoint, behind a proxy.
    #[arg(long, value_name = "URL", requires = "http")]
    public_url: Option<String>,
    /// Neither look for others in the local network nor be found there.
    #[arg(long)]
    no_mdns: bool,
    /// All live on this machine: announce and dial loopback addresses.
    #[arg(long)]
    loopback: bool,
}

impl Arguments {
    /// How the node is to be started.
    pub fn options(&self) -> anyhow::Result<Options> {
        Ok(Options {
            profile: self.folder()?,
            listen: self.listen.clone(),
            http: self.http,
            public_url: self.public_url.clone(),
            mdns: self.no_mdns.then_some(false),
            loopback: self.loopback,
            offline: false,
        })
    }

    /// What a second start is recognised by: the app's name, and for a profile of its own also
    /// that, so that windows of two profiles stand side by side.
    pub fn identifier(&self, app: &str) -> anyhow::Result<String> {
        let folder = self.folder()?;
        if default_folder().is_some_and(|usual| usual == folder) {
            return Ok(app.to_owned());
        }
        let mut hasher = DefaultHasher::new();
        folder.hash(&mut hasher);
        Ok(format!("{app}.p{:016x}", hasher.finish()))
    }

    fn folder(&self) -> anyhow::Result<PathBuf> {
        match &self.profile {
            Some(folder) => Ok(std::path::absolute(folder)?),
            None => {
                default_folder().context("there is no home folder; name a profile with --profile")
            }
        }
    }
}

/// The profile that is meant when none is named; the command line means the same.
fn default_folder() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("signet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(profile: &str) -> String {
        Arguments::parse_from(["signet-desktop", "--profile", profile])
            .identifier("chat.signet.desktop")
            .unwrap()
    }

    #[test]
    fn windows_of_two_profiles_are_two_apps_and_of_one_are_one() {
        assert_eq!(identifier("/home/alice/a"), identifier("/home/alice/a"));
        assert_ne!(identifier("/home/alice/a"), identifier("/home/alice/b"));
        let usual = default_folder().unwrap();
        assert_eq!(identifier(&usual.to_string_lossy()), "chat.signet.desktop");
    }

    #[test]
    fn an_identifier_is_a_name_that_a_message_bus_takes() {
        let name = identifier("/home/alice/Ünï côde");

        let is_element = |element: &str| {
            element.chars().all(|c| c.is_ascii_alphanumeric())
                && element.starts_with(|c: char| c.is_ascii_alphabetic())
        };
        assert!(name.split('.').all(is_element), "{name}");
        assert!(name.len() < 200);
    }
}
