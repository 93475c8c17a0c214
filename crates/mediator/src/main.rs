//! `signet-mediator`: one process, one mailbox. Says who it is and how to be let in, then serves until it
//! is told to end.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use clap::Parser;
use signet_didcomm::{did::Did, document::Endpoint, out_of_band::Invitation};
use signet_mediator::{
    Shards,
    desk::{self, Desk},
    identity::Identity,
    relay, server,
    settings::{Given, Place, Settings},
    tls::Tls,
};
use signet_protocol::{
    Mediator,
    mediator::{Admission, Mailbox},
};
use signet_store::SledMailbox;
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// The goal of the mediator's invitation.
const GOAL_CODE: &str = "request-mediate";

fn main() -> ExitCode {
    let settings = match Given::parse().check() {
        Ok(settings) => settings,
        Err(error) => return ended(Err(error.into())),
    };
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sled=warn,libp2p_autonat=error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(run(settings));
            runtime.shutdown_timeout(Duration::from_secs(5));
            ended(result)
        }
        Err(error) => ended(Err(error.into())),
    }
}

fn ended(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signet-mediator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<()> {
    let listener = server::listen(settings.listen)
        .with_context(|| format!("cannot listen at {}", settings.listen))?;
    let at = listener.local_addr()?;
    let tls = settings.tls.clone().map(Tls::new).transpose()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = settings
        .public_url
        .clone()
        .unwrap_or_else(|| format!("{scheme}://{at}/"));
    let front = Front { listener, tls, url };
    let quota = settings.quota;
    match settings.place.clone() {
        Place::Folder(folder) => {
            let opening = tokio::task::spawn_blocking(move || SledMailbox::open(&folder, quota));
            // Only one node has a folder, so nobody else puts anything there.
            let (_, woken) = unbounded_channel();
            serve(settings, front, opening.await??, woken).await
        }
        Place::Databases(databases) => {
            let (wake, woken) = unbounded_channel();
            let mailbox = Shards::open(&databases, quota, wake).await?;
            serve(settings, front, mailbox, woken).await
        }
    }
}

/// Where it is found.
struct Front {
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    url: String,
}

/// Serves with this mailbox; `woken` are accounts for which other nodes have put something there.
async fn serve<M: Mailbox>(
    settings: Settings,
    front: Front,
    mailbox: M,
    woken: UnboundedReceiver<Did>,
) -> Result<()> {
    let Front { listener, tls, url } = front;
    let at = listener.local_addr()?;
    // Both begin with "http".
    let socket = url.replacen("http", "ws", 1);
    let identity = Identity::of(&mailbox, &url, &socket, desk::now()).await?;

    let mut invitation = Invitation::new(identity.invitation.clone(), identity.did.clone());
    invitation.goal_code = Some(GOAL_CODE.to_owned());
    let link = invitation.to_url(&url);
    // Who is let in by invitation only gets it from whoever runs this, not from the page.
    let shown = match settings.invite_only {
        true => String::new(),
        false => link.clone(),
    };
    // Whoever started it need not stay to hear all of it.
    let said = format!("{}\n{link}\n", identity.did);
    drop(io::stdout().write_all(said.as_bytes()));

    let admission = match settings.invite_only {
        true => Admission::Invited([identity.invitation.clone()].into()),
        false => Admission::Open,
    };
    let relay = match &settings.relay {
        Some(addresses) => {
            Some(relay::start(&mailbox, addresses, settings.limits, desk::now()).await?)
        }
        None => None,
    };
    let offered = relay.as_ref().map(|relay| {
        let signet_transport::Endpoint { uri, multi_addrs } = relay.endpoint().clone();
        tracing::info!(?multi_addrs, "the relay serves");
        Endpoint {
            uri,
            multi_addrs,
            ..Endpoint::default()
        }
    });
    let web = identity.on_the_web(&url);
    let document = web.as_ref().map(|(_, document)| document.to_json());
    let mediator = |did, keys| {
        Mediator::new(did, keys, admission.clone())
            .with_relay(offered.clone())
            .with_page(Some(url.clone()))
    };
    let web = web.map(|(keys, document)| mediator(document.id, keys));
    let desk = Desk::new(mediator(identity.did, identity.keys), web, mailbox);
    let ended = CancellationToken::new();
    tokio::spawn(end_on_signal(ended.clone()));
    tokio::spawn(wake(Arc::clone(&desk), woken));
    tracing::info!(%at, "the mediator serves");
    let pages = server::Pages {
        front: server::front_page(&settings.name, &shown),
        document: document.map(|document| document.to_string()),
    };
    let door = server::Door { listener, tls };
    server::serve(door, Arc::clone(&desk), pages, settings.limits, ended).await;
    tracing::info!("the mediator has ended");
    Ok(())
}

/// Wakes the connections of accounts for which other nodes have put something into the mailbox.
async fn wake<M: Mailbox>(desk: Arc<Desk<M>>, mut woken: UnboundedReceiver<Did>) {
    while let Some(account) = woken.recv().await {
        desk.live.wake(&account);
    }
}

/// Ends when the system or a person asks for it.
async fn end_on_signal(ended: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let asked = signal(SignalKind::terminate());
        if let Ok(mut asked) = asked {
            tokio::select! {
                _ = asked.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return ended.cancel();
        }
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        ended.cancel();
    }
}
