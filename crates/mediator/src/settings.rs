//! How the mediator is to run: flags, environment and a file, each overruling the next, and checked
//! before anything is opened.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Parser;
use serde::Deserialize;
use signet_protocol::mediator::{Quota, Room};
use signet_transport::relay;

use crate::{server::Limits, tls::Files};

mod place;

pub use place::Place;

const MIB: u64 = 1024 * 1024;

/// Keeps mail for DIDComm messengers while their people are away.
#[derive(Clone, Debug, Default, Deserialize, Parser)]
#[command(name = "signet-mediator", version)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// A file with these settings in TOML, named as here with _ for -
    #[arg(long, value_name = "FILE", env = "SIGNET_MEDIATOR_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The folder in which mail is kept
    #[arg(long, value_name = "DIR", env = "SIGNET_MEDIATOR_DATA")]
    pub data: Option<PathBuf>,
    /// The PostgreSQL database in which mail is kept instead, by several nodes if need be; several
    /// times if it is kept in several databases, or in the environment with each on a line of its own
    #[arg(
        long,
        value_name = "URL",
        env = "SIGNET_MEDIATOR_DATABASE",
        hide_env_values = true,
        value_delimiter = '\n'
    )]
    #[serde(deserialize_with = "place::one_or_several")]
    pub database: Vec<String>,
    /// Where to listen
    #[arg(long, value_name = "ADDR:PORT", env = "SIGNET_MEDIATOR_LISTEN")]
    pub listen: Option<String>,
    /// How others reach it, if a proxy with a name stands in front
    #[arg(long, value_name = "URL", env = "SIGNET_MEDIATOR_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Where to listen as a libp2p relay, such as /ip4/0.0.0.0/udp/4001/quic-v1; several times, or with
    /// commas
    #[arg(
        long,
        value_name = "MULTIADDR",
        env = "SIGNET_MEDIATOR_LIBP2P",
        value_delimiter = ','
    )]
    pub libp2p: Vec<String>,
    /// Where others find the relay, if that is elsewhere
    #[arg(
        long,
        value_name = "MULTIADDR",
        env = "SIGNET_MEDIATOR_PUBLIC_LIBP2P",
        value_delimiter = ','
    )]
    pub public_libp2p: Vec<String>,
    /// A certificate, as PEM, for https without a proxy; read again when it changes
    #[arg(long, value_name = "FILE", env = "SIGNET_MEDIATOR_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, as PEM
    #[arg(long, value_name = "FILE", env = "SIGNET_MEDIATOR_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// What the front page calls it
    #[arg(long, value_name = "TEXT", env = "SIGNET_MEDIATOR_NAME")]
    pub name: Option<String>,
    /// Serve only those who were given the invitation
    #[arg(long, env = "SIGNET_MEDIATOR_INVITE_ONLY", num_args = 0..=1, default_missing_value = "true")]
    pub invite_only: Option<bool>,
    /// Take addresses from X-Forwarded-For: only behind a proxy that sets it
    #[arg(long, env = "SIGNET_MEDIATOR_BEHIND_PROXY", num_args = 0..=1, default_missing_value = "true")]
    pub behind_proxy: Option<bool>,
    /// People served at most, for each database if there are several
    #[arg(long, value_name = "N", env = "SIGNET_MEDIATOR_ACCOUNTS")]
    pub accounts: Option<u64>,
    /// DIDs that one of them may register
    #[arg(long, value_name = "N", env = "SIGNET_MEDIATOR_RECIPIENTS")]
    pub recipients: Option<u64>,
    /// Messages that may wait for one of those DIDs
    #[arg(long, value_name = "N", env = "SIGNET_MEDIATOR_MESSAGES")]
    pub messages: Option<u64>,
    /// MiB that may wait for one person
    #[arg(long, value_name = "MIB", env = "SIGNET_MEDIATOR_MIB_EACH")]
    pub mib_each: Option<u64>,
    /// MiB that may wait in all, for each database if there are several
    #[arg(long, value_name = "MIB", env = "SIGNET_MEDIATOR_MIB")]
    pub mib: Option<u64>,
    /// Connections at once
    #[arg(long, value_name = "N", env = "SIGNET_MEDIATOR_CONNECTIONS")]
    pub connections: Option<usize>,
    /// Connections at once from one address
    #[arg(long, value_name = "N", env = "SIGNET_MEDIATOR_CONNECTIONS_EACH")]
    pub connections_each: Option<usize>,
    /// Requests in a second from one address; 0 is no bound
    #[arg(long, value_name = "N", env = "SIGNET_MEDIATOR_RATE")]
    pub rate: Option<u32>,
}

/// Settings that hold together.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where mail is kept.
    pub place: Place,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How others reach it, with a slash at the end; unsaid, it is where it listens.
    pub public_url: Option<String>,
    /// Set if it is a relay too.
    pub relay: Option<Addresses>,
    /// Its certificate, if it has one of its own.
    pub tls: Option<Files>,
    /// What the front page calls it.
    pub name: String,
    /// Whether only who shows the invitation is served.
    pub invite_only: bool,
    /// How much is kept.
    pub quota: Quota,
    /// What connections may use.
    pub limits: Limits,
}

/// Where a relay listens, as multiaddrs, and where others find it, if that is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Where it listens.
    pub listen: Vec<String>,
    /// Where others find it.
    pub public: Vec<String>,
}

/// One sentence for each mistake.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the settings file {0} cannot be read: {1}")]
    Unreadable(PathBuf, String),
    /// The file says something that is not understood.
    #[error("the settings file {0} is not understood: {1}")]
    File(PathBuf, String),
    /// There is nowhere to keep mail.
    #[error("say where mail is to be kept: --data DIR, or --database URL")]
    NoPlace,
    /// There are two places to keep mail.
    #[error("mail is kept in one place: either --data or --database")]
    TwoPlaces,
    /// The address to listen at is none.
    #[error("--listen wants an address and a port, such as 0.0.0.0:8080, and not {0:?}")]
    Listen(String),
    /// The public address is none.
    #[error(
        "--public-url wants the address of a server, such as https://mail.example.org/, and not {0:?}"
    )]
    PublicUrl(String),
    /// It listens everywhere, and that is not where it can be found.
    #[error("with --listen {0}, say how others reach it: --public-url URL")]
    NoPublicUrl(SocketAddr),
    /// A relay's address is none.
    #[error(
        "--libp2p and --public-libp2p want multiaddrs such as /ip4/0.0.0.0/udp/4001/quic-v1 or \
         /ip6/::/tcp/4001, and not {0:?}"
    )]
    Libp2p(String),
    /// A relay is found where nothing listens.
    #[error("--public-libp2p says where --libp2p is found: give both")]
    NoLibp2p,
    /// Nodes that share a database are relays at different places.
    #[error("with --database, say where others find this node's relay: --public-libp2p MULTIADDR")]
    NoPlaceOfNode,
    /// All addresses of a machine are none by which others find it.
    #[error("--public-libp2p wants an address that others can use, and not {0}")]
    NoPublicLibp2p(String),
    /// A certificate without its key, or a key without its certificate.
    #[error("a certificate needs its key: --tls-cert FILE and --tls-key FILE")]
    HalfTls,
    /// A number is too small to be of use.
    #[error("--{0} has to be at least {1}")]
    TooSmall(&'static str, u64),
}

impl Given {
    /// Checks these settings, with those of the file that they name behind them.
    ///
    /// # Errors
    /// [`SettingsError`], the first found.
    pub fn check(self) -> Result<Settings, SettingsError> {
        let file = match &self.config {
            Some(path) => Self::read(path)?,
            None => Self::default(),
        };
        let mut given = self.or(file);
        // Where each stands on a line of its own, the last line may be empty.
        given.database.retain(|url| !url.trim().is_empty());
        let listen = given.listen.unwrap_or_else(|| "127.0.0.1:8080".into());
        let listen: SocketAddr = listen.parse().map_err(|_| SettingsError::Listen(listen))?;
        let public_url = given.public_url.map(|url| address(&url)).transpose()?;
        if public_url.is_none() && listen.ip().is_unspecified() {
            return Err(SettingsError::NoPublicUrl(listen));
        }
        let tls = match (given.tls_cert, given.tls_key) {
            (Some(certificate), Some(key)) => Some(Files { certificate, key }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(SettingsError::HalfTls),
        };
        let relay = relay(given.libp2p, given.public_libp2p)?;
        let is_vague = |relay: &Addresses| {
            let vague = relay.listen.iter().any(|text| relay::is_unspecified(text));
            relay.public.is_empty() && vague
        };
        if !given.database.is_empty() && relay.as_ref().is_some_and(is_vague) {
            return Err(SettingsError::NoPlaceOfNode);
        }
        let at_least = |name, value: Option<u64>, usual, least| match value {
            Some(value) if value < least => Err(SettingsError::TooSmall(name, least)),
            value => Ok(value.unwrap_or(usual)),
        };
        let wide = |value: Option<usize>| value.map(|value| value as u64);
        let narrow = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let messages = at_least("messages", given.messages, 10_000, 1)?;
        let each = at_least("mib-each", given.mib_each, 256, 1)? * MIB;
        let quota = Quota {
            accounts: at_least("accounts", given.accounts, 10_000, 1)?,
            recipients: at_least("recipients", given.recipients, 2_000, 1)?,
            recipient: Room {
                messages,
                // One contact takes no more than a quarter of the room.
                bytes: (each / 4).max(MIB),
            },
            account: Room {
                messages: messages.saturating_mul(10),
                bytes: each,
            },
            bytes: at_least("mib", given.mib, 10 * 1024, 1)? * MIB,
        };
        let connections = at_least("connections", wide(given.connections), 10_000, 1)?;
        let connections_each = at_least("connections-each", wide(given.connections_each), 256, 1)?;
        let limits = Limits {
            connections: narrow(connections),
            connections_of_one: narrow(connections_each),
            requests: 256,
            requests_per_second: given.rate.unwrap_or(200),
            is_behind_proxy: given.behind_proxy.unwrap_or(false),
        };
        Ok(Settings {
            place: match (given.data, given.database.is_empty()) {
                (Some(folder), true) => Place::Folder(folder),
                (None, false) => Place::Databases(given.database),
                (None, true) => return Err(SettingsError::NoPlace),
                (Some(_), false) => return Err(SettingsError::TwoPlaces),
            },
            listen,
            public_url,
            relay,
            tls,
            name: given.name.unwrap_or_else(|| "A Signet mediator".into()),
            invite_only: given.invite_only.unwrap_or(false),
            quota,
            limits,
        })
    }

    fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = fs::read_to_string(path)
            .map_err(|error| SettingsError::Unreadable(path.to_owned(), error.to_string()))?;
        toml::from_str(&text)
            .map_err(|error| SettingsError::File(path.to_owned(), error.message().to_owned()))
    }

    fn or(self, file: Self) -> Self {
        Self {
            config: self.config,
            data: self.data.or(file.data),
            database: several(self.database, file.database),
            listen: self.listen.or(file.listen),
            public_url: self.public_url.or(file.public_url),
            libp2p: several(self.libp2p, file.libp2p),
            public_libp2p: several(self.public_libp2p, file.public_libp2p),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            name: self.name.or(file.name),
            invite_only: self.invite_only.or(file.invite_only),
            behind_proxy: self.behind_proxy.or(file.behind_proxy),
            accounts: self.accounts.or(file.accounts),
            recipients: self.recipients.or(file.recipients),
            messages: self.messages.or(file.messages),
            mib_each: self.mib_each.or(file.mib_each),
            mib: self.mib.or(file.mib),
            connections: self.connections.or(file.connections),
            connections_each: self.connections_each.or(file.connections_each),
            rate: self.rate.or(file.rate),
        }
    }
}

fn several(given: Vec<String>, file: Vec<String>) -> Vec<String> {
    if given.is_empty() { file } else { given }
}

fn relay(listen: Vec<String>, public: Vec<String>) -> Result<Option<Addresses>, SettingsError> {
    let odd = |text: &&String| !relay::is_address(text);
    if let Some(odd) = listen.iter().chain(&public).find(odd) {
        return Err(SettingsError::Libp2p(odd.clone()));
    }
    if let Some(vague) = public.iter().find(|text| relay::is_unspecified(text)) {
        return Err(SettingsError::NoPublicLibp2p(vague.clone()));
    }
    match (listen.is_empty(), public.is_empty()) {
        (true, true) => Ok(None),
        (true, false) => Err(SettingsError::NoLibp2p),
        (false, _) => Ok(Some(Addresses { listen, public })),
    }
}

/// An address of HTTP, with a slash at its end.
fn address(text: &str) -> Result<String, SettingsError> {
    let refused = || SettingsError::PublicUrl(text.to_owned());
    let uri: axum::http::Uri = text.trim().parse().map_err(|_| refused())?;
    let is_http = ["http://", "https://"]
        .iter()
        .any(|s| text.trim().starts_with(s));
    let has_more = uri.query().is_some() || text.contains(['#', '@']);
    if !is_http || uri.host().is_none_or(str::is_empty) || has_more {
        return Err(refused());
    }
    let text = text.trim();
    Ok(match text.ends_with('/') {
        true => text.to_owned(),
        false => format!("{text}/"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(arguments: &[&str]) -> Given {
        Given::parse_from(std::iter::once(&"signet-mediator").chain(arguments))
    }

    #[test]
    fn a_folder_is_all_that_has_to_be_said() {
        let settings = given(&["--data", "d"]).check().unwrap();

        assert_eq!(settings.place, Place::Folder("d".into()));
        assert_eq!(settings.listen, "127.0.0.1:8080".parse().unwrap());
        assert!(!settings.invite_only);
        assert_eq!(given(&[]).check().err(), Some(SettingsError::NoPlace));
    }

    #[test]
    fn each_mistake_has_its_sentence() {
        for (arguments, sentence) in [
            (
                ["--listen", "8080"],
                "--listen wants an address and a port, such as 0.0.0.0:8080, and not \"8080\"",
            ),
            (
                ["--public-url", "mail.example.org"],
                "--public-url wants the address of a server, such as https://mail.example.org/, and not \"mail.example.org\"",
            ),
            (
                ["--listen", "0.0.0.0:80"],
                "with --listen 0.0.0.0:80, say how others reach it: --public-url URL",
            ),
            (
                ["--database", "postgres://db/mail"],
                "mail is kept in one place: either --data or --database",
            ),
            (
                ["--tls-key", "key.pem"],
                "a certificate needs its key: --tls-cert FILE and --tls-key FILE",
            ),
            (
                ["--libp2p", "/ip4/0.0.0.0/udp/4001"],
                "--libp2p and --public-libp2p want multiaddrs such as /ip4/0.0.0.0/udp/4001/quic-v1 or \
                 /ip6/::/tcp/4001, and not \"/ip4/0.0.0.0/udp/4001\"",
            ),
            (
                ["--public-libp2p", "/ip4/9.9.9.9/tcp/4001"],
                "--public-libp2p says where --libp2p is found: give both",
            ),
            (
                ["--public-libp2p", "/ip4/0.0.0.0/tcp/4001"],
                "--public-libp2p wants an address that others can use, and not /ip4/0.0.0.0/tcp/4001",
            ),
            (["--mib", "0"], "--mib has to be at least 1"),
            (["--connections", "0"], "--connections has to be at least 1"),
        ] {
            let refused = given(&[&["--data", "d"][..], &arguments].concat()).check();
            assert_eq!(refused.unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn nodes_of_one_database_say_where_each_is_a_relay() {
        let node = ["--database", "postgres://db/mail", "--libp2p"];
        let check = |more: &[&str]| given(&[&node[..], more].concat()).check().err();

        let all = "/ip4/0.0.0.0/tcp/4001";
        assert_eq!(check(&[all]), Some(SettingsError::NoPlaceOfNode));
        assert_eq!(
            check(&[all, "--public-libp2p", "/ip4/9.9.9.9/tcp/4001"]),
            None
        );
        assert_eq!(check(&["/ip4/9.9.9.9/tcp/4001"]), None);
    }

    #[test]
    fn a_flag_overrules_the_file_and_the_file_says_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mediator.toml");
        fs::write(
            &file,
            "data = \"there\"\nname = \"Ours\"\ninvite_only = true\nrate = 7\n",
        )
        .unwrap();
        let path = file.to_str().unwrap();
        let settings = given(&["--config", path, "--name", "Mine"])
            .check()
            .unwrap();

        assert_eq!(settings.place, Place::Folder("there".into()));
        assert_eq!(settings.name, "Mine");
        assert!(settings.invite_only);
        assert_eq!(settings.limits.requests_per_second, 7);

        fs::write(&file, "dta = \"there\"\n").unwrap();
        let refused = given(&["--config", path]).check().unwrap_err().to_string();
        assert!(refused.contains("unknown field `dta`"), "{refused}");
        let refused = given(&["--config", "nowhere"])
            .check()
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with("the settings file nowhere cannot be read"),
            "{refused}"
        );
    }

    #[test]
    fn addresses_end_with_a_slash() {
        let url = |url| given(&["--data", "d", "--public-url", url]).check();
        let public = url("https://mail.example.org").unwrap().public_url;
        assert_eq!(public.as_deref(), Some("https://mail.example.org/"));
        assert!(url("ftp://mail.example.org").is_err());
        for odd in [
            "https://",
            "HTTPS://m.example",
            "https://m.example/#a",
            "https://a:b@m.example",
        ] {
            assert!(url(odd).is_err(), "{odd}");
        }
    }
}
