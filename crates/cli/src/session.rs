//! Reaching the profile: through the process that holds it, or by a node of our own.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::Value;
use signet_node::{
    Node, Options,
    rpc::{self, socket},
};

use crate::{
    arguments::{Global, Online},
    fault::Fault,
    secret,
};

/// How long to wait for a profile that another command is about to let go.
const PATIENCE: Duration = Duration::from_secs(10);

/// The profile within reach.
pub enum Session {
    /// In this process.
    Own(Own),
    /// Through the process that holds it.
    Over(Box<Over>),
}

/// A node in this process, with its socket for others.
pub struct Own {
    pub node: Node,
    listening: socket::Listening,
}

/// A connection to the process that holds the profile, until that ends.
pub struct Over {
    pub connection: socket::Connection,
    reach: Reach,
}

/// How the profile was reached, to do it again.
struct Reach {
    global: Global,
    options: Options,
}

impl Session {
    /// For one command.
    pub async fn open(global: &Global, needs_wires: bool) -> Result<Self, Fault> {
        let options = Options {
            offline: !needs_wires,
            ..Options::default()
        };
        Reach::of(global, options).session().await
    }

    /// To stay.
    pub async fn online(global: &Global, online: &Online) -> Result<Self, Fault> {
        let is_loopback =
            |address: &String| address.starts_with("/ip4/127.") || address.starts_with("/ip6/::1/");
        let loopback = !online.listen.is_empty() && online.listen.iter().all(is_loopback);
        let options = Options {
            listen: online.listen.clone(),
            http: online.http,
            public_url: online.public_url.clone(),
            // Nobody in the local network can reach loopback, so there is nothing to announce.
            mdns: loopback.then_some(false),
            loopback,
            ..Options::default()
        };
        Reach::of(global, options).session().await
    }

    /// The answer, from whoever holds the profile by then.
    pub async fn call(mut self, method: &str, params: Value) -> Result<Value, Fault> {
        loop {
            self = match self {
                Self::Own(own) => {
                    let told = rpc::call(&own.node, method, params).await;
                    own.close().await;
                    return Ok(told?);
                }
                Self::Over(mut over) => match over.connection.call(method, &params).await? {
                    Some(answer) => return Ok(answer),
                    None => over.reach.session().await?,
                },
            };
        }
    }

    /// Without having called.
    pub async fn close(self) {
        match self {
            Self::Own(own) => own.close().await,
            Self::Over(_) => {}
        }
    }
}

impl Reach {
    fn of(global: &Global, options: Options) -> Self {
        let global = global.clone();
        Self { global, options }
    }

    async fn session(self) -> Result<Session, Fault> {
        let profile = profile(&self.global)?;
        let mut unlock = None;
        let begun = Instant::now();
        loop {
            if let Some(connection) = connect(&profile).await? {
                let reach = self;
                return Ok(Session::Over(Box::new(Over { connection, reach })));
            }
            let unlock = match &mut unlock {
                Some(unlock) => unlock,
                none => none.insert(secret::unlock(&self.global, &profile).await?),
            };
            let options = Options {
                profile: profile.clone(),
                ..self.options.clone()
            };
            match Node::start(options, unlock.clone()).await {
                Ok(node) => {
                    let listening = socket::listen(&node, &profile)?;
                    return Ok(Session::Own(Own { node, listening }));
                }
                // It is just being opened, or just being closed.
                Err(error) if socket::is_taken(&error) && begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Own {
    pub async fn close(self) {
        self.listening.close().await;
        self.node.stop().await;
    }
}

async fn connect(profile: &Path) -> Result<Option<socket::Connection>, Fault> {
    let told = socket::connect(profile).await;
    told.map_err(|error| {
        Fault::failed(format!(
            "The Signet that holds this profile cannot be reached: {error}."
        ))
    })
}

/// The profile's folder.
pub fn profile(global: &Global) -> Result<PathBuf, Fault> {
    if let Some(profile) = &global.profile {
        return std::path::absolute(profile)
            .map_err(|error| Fault::usage(format!("{}: {error}.", profile.display())));
    }
    let data = dirs::data_dir()
        .ok_or_else(|| Fault::usage("There is no data folder here; say --profile DIR."))?;
    Ok(data.join("signet"))
}
