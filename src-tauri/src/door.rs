//! The door of the profile: missing, locked or open.

use std::time::Duration;

use signet_node::{Node, Options, Secrets, Unlock, ViewError, view};
use tauri::{AppHandle, async_runtime::JoinHandle};
use tokio::sync::{Mutex, RwLock};

use crate::notice;

/// How long the node may take to end before the window goes without it. The journal is whole at any moment.
const PARTING: Duration = Duration::from_secs(10);

/// A profile that opens without asking, or does not.
type Opening = JoinHandle<Result<Option<Node>, ViewError>>;

/// Who holds the door holds the profile.
pub struct Door {
    options: Options,
    /// What opens while the window is still being made.
    opening: Mutex<Option<Opening>>,
    /// Held for writing while the door moves, so that whoever asks meanwhile waits for how it will stand.
    behind: RwLock<Behind>,
}

/// What is behind the door.
#[derive(Default)]
struct Behind {
    node: Option<Node>,
    #[cfg(unix)]
    socket: Option<signet_node::rpc::socket::Listening>,
    /// Why a profile that opens by itself did not.
    trouble: Option<ViewError>,
}

impl Door {
    /// A door that begins to open, where the profile allows that without asking.
    pub fn new(options: Options) -> Self {
        let opening = tauri::async_runtime::spawn(open_without_asking(options.clone()));
        Self {
            options,
            opening: Mutex::new(Some(opening)),
            behind: RwLock::default(),
        }
    }

    /// How the door stands. Waits while it moves.
    pub async fn profile(&self) -> Result<view::Profile, ViewError> {
        let behind = self.behind.read().await;
        if let Some(trouble) = &behind.trouble {
            return Err(trouble.clone());
        }
        let mut profile = self.standing().await?;
        if let Some(node) = &behind.node {
            profile.state = view::ProfileState::Open;
            profile.name = node.me().await?.name;
        }
        Ok(profile)
    }

    /// The node behind the door, if it is open.
    pub async fn node(&self) -> Result<Node, ViewError> {
        let behind = self.behind.read().await;
        behind
            .node
            .clone()
            .ok_or_else(|| ViewError::new("Signet is locked"))
    }

    /// Goes through the door once it has opened without asking, if it does.
    pub async fn try_open(&self, app: &AppHandle) {
        let mut behind = self.behind.write().await;
        let Some(opening) = self.opening.lock().await.take() else {
            return;
        };
        match opening.await {
            Ok(Ok(Some(node))) => *behind = self.enter(app, node),
            Ok(Ok(None)) => {}
            Ok(Err(trouble)) => behind.trouble = Some(trouble),
            Err(error) => behind.trouble = Some(ViewError::new(error)),
        }
    }

    /// Makes the profile, opens the door and yields the unlock code, which is shown once.
    pub async fn create(
        &self,
        app: &AppHandle,
        name: String,
        secrets: Secrets,
    ) -> Result<String, ViewError> {
        let mut behind = self.behind.write().await;
        let unlock = match (&secrets.passphrase, secrets.keyring) {
            (Some(passphrase), _) => Unlock::Passphrase(passphrase.clone()),
            (None, true) => Unlock::Keyring,
            (None, false) => Unlock::Plain,
        };
        let folder = self.options.profile.clone();
        let code = blocking(move || Node::create(&folder, &name, &secrets)).await?;
        *behind = self.enter(app, self.start(unlock).await?);
        Ok(code)
    }

    /// Opens the door.
    pub async fn unlock(&self, app: &AppHandle, unlock: Unlock) -> Result<(), ViewError> {
        let mut behind = self.behind.write().await;
        if behind.node.is_none() {
            *behind = self.enter(app, self.start(unlock).await?);
        }
        Ok(())
    }

    /// Closes the door: ends what was begun and releases the profile.
    pub async fn close(&self) {
        let close = async {
            let behind = std::mem::take(&mut *self.behind.write().await);
            #[cfg(unix)]
            if let Some(socket) = behind.socket {
                socket.close().await;
            }
            if let Some(node) = behind.node {
                node.stop().await;
            }
        };
        if tokio::time::timeout(PARTING, close).await.is_err() {
            tracing::warn!("the node did not end in time");
        }
    }

    async fn start(&self, unlock: Unlock) -> Result<Node, ViewError> {
        Node::start(self.options.clone(), unlock).await
    }

    fn enter(&self, app: &AppHandle, node: Node) -> Behind {
        notice::forward(app.clone(), node.clone());
        #[cfg(unix)]
        let socket = signet_node::rpc::socket::listen(&node, &self.options.profile)
            .inspect_err(|error| tracing::warn!(%error, "the command line cannot hand itself over"))
            .ok();
        Behind {
            node: Some(node),
            #[cfg(unix)]
            socket,
            trouble: None,
        }
    }

    async fn standing(&self) -> Result<view::Profile, ViewError> {
        let folder = self.options.profile.clone();
        blocking(move || Node::standing(&folder)).await
    }
}

/// The node of a profile that opens by itself; `None` for one that asks, or does not exist.
async fn open_without_asking(options: Options) -> Result<Option<Node>, ViewError> {
    let folder = options.profile.clone();
    let profile = blocking(move || Node::standing(&folder)).await?;
    if profile.plain {
        return Node::start(options, Unlock::Plain).await.map(Some);
    }
    if !profile.keyring {
        return Ok(None);
    }
    // A keyring that does not answer leaves the door locked; the unlock code opens it.
    let opened = Node::start(options, Unlock::Keyring).await;
    Ok(opened
        .inspect_err(|error| tracing::warn!(%error, "the keyring did not open the profile"))
        .ok())
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, ViewError> + Send + 'static,
) -> Result<T, ViewError> {
    tokio::task::spawn_blocking(act)
        .await
        .map_err(ViewError::new)?
}
