//! Staying online: `run` tells events, `rpc` speaks JSON-RPC.

use std::{future::Future, io::Write, time::Duration};

use serde_json::{Value, json};
use signet_node::{Node, rpc};
use tokio::{
    io::{BufReader, stdin, stdout},
    signal::unix::{SignalKind, signal},
    sync::broadcast::error::RecvError,
};

use crate::{
    arguments::{Global, Online, Run},
    fault::Fault,
    session::Session,
};

/// `signet run`.
pub async fn run(global: &Global, run: Run) -> Result<(), Fault> {
    let end = end_of(run.span.as_deref())?;
    match Session::online(global, &run.online).await? {
        Session::Own(own) => {
            let node = own.node.clone();
            let told = tokio::select! {
                told = tell(&node) => told,
                told = asked_to_end() => told,
                () = end => Ok(()),
            };
            own.close().await;
            told
        }
        Session::Over(over) => {
            let mut connection = over.connection;
            must_be_plain(&run.online)?;
            print(&json!({"kind": "run.joined"}))?;
            let told = async {
                while let Some(event) = connection.event().await.map_err(lost)? {
                    print(&event)?;
                }
                Err(Fault::failed(
                    "The Signet that holds this profile has ended.",
                ))
            };
            tokio::select! {
                told = told => told,
                told = asked_to_end() => told,
                () = end => Ok(()),
            }
        }
    }
}

/// `signet rpc`.
pub async fn rpc(global: &Global, online: Online) -> Result<(), Fault> {
    match Session::online(global, &online).await? {
        Session::Own(own) => {
            let node = own.node.clone();
            let told = tokio::select! {
                biased;
                told = rpc::serve(&node, BufReader::new(stdin()), stdout()) => match told {
                    Ok(()) => Ok(()),
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                    Err(error) => Err(lost(error)),
                },
                told = asked_to_end() => told,
            };
            let ended = tokio::time::timeout(Duration::ZERO, node.stopped()).await;
            own.close().await;
            match ended {
                Ok(Some(error)) => Err(error.into()),
                Ok(None) | Err(_) => told,
            }
        }
        Session::Over(over) => {
            must_be_plain(&online)?;
            tokio::select! {
                told = over.connection.pass(stdin(), stdout()) => told.map_err(lost),
                told = asked_to_end() => told,
            }
        }
    }
}

/// Prints every event until the node ends, and says why it did.
async fn tell(node: &Node) -> Result<(), Fault> {
    let mut events = node.events();
    let me = node.me().await?;
    print(&json!({"kind": "run.started", "name": me.name, "listen": me.listen, "http": me.http}))?;
    loop {
        match events.recv().await {
            Ok(event) => print(&serde_json::to_value(&event).unwrap_or_default())?,
            Err(RecvError::Lagged(count)) => {
                print(&json!({"kind": "events.missed", "count": count}))?
            }
            Err(RecvError::Closed) => break,
        }
        if let Ok(Some(error)) = tokio::time::timeout(Duration::ZERO, node.stopped()).await {
            return Err(error.into());
        }
    }
    Ok(())
}

fn print(event: &Value) -> Result<(), Fault> {
    let told = writeln!(std::io::stdout().lock(), "{event}");
    told.map_err(lost)
}

fn end_of(span: Option<&str>) -> Result<impl Future<Output = ()> + use<>, Fault> {
    let span = span.map(rpc::span).transpose().map_err(Fault::usage)?;
    Ok(async move {
        match span {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    })
}

/// Waits for Ctrl-C, or for the system to ask.
async fn asked_to_end() -> Result<(), Fault> {
    let mut asked = signal(SignalKind::terminate()).map_err(lost)?;
    tokio::select! {
        told = tokio::signal::ctrl_c() => told.map_err(lost),
        _ = asked.recv() => Ok(()),
    }
}

fn must_be_plain(online: &Online) -> Result<(), Fault> {
    if online.is_plain() {
        return Ok(());
    }
    Err(Fault::failed(
        "Another Signet holds this profile already; end it first, then its addresses can be changed.",
    ))
}

fn lost(error: std::io::Error) -> Fault {
    Fault::failed(format!("The connection to the other side broke: {error}."))
}
