//! The window: it shows what the node knows and hands over what the person wants.
//!
//! | file | holds |
//! |---|---|
//! | `arguments` | the profile and the wires, as the command line names them |
//! | `door` | whether the profile is missing, locked or open |
//! | `commands` | what the pages may ask, three lines each |
//! | `notice` | what happened, for the pages |
//! | `bell` | what happened, for a person who looks elsewhere |
//! | `window` | the one window |
//! | `webkit` | what WebKitGTK is told before it starts |
//!
//! Nothing here decides anything: a rule found here belongs to `signet-node` or below.

mod arguments;
mod bell;
mod commands;
#[cfg(test)]
mod contract;
mod door;
mod notice;
mod webkit;
mod window;

use std::io;

use anyhow::Context;
use clap::Parser;
use tauri::{Manager, RunEvent};
use tracing_subscriber::EnvFilter;

use crate::{arguments::Arguments, bell::Bell, door::Door};

/// What is logged unless `RUST_LOG` says otherwise.
const LOGGED: &str = "info,libp2p=warn,sled=warn";

fn main() -> anyhow::Result<()> {
    webkit::tell();
    let arguments = Arguments::parse();
    let logged = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt()
        .with_env_filter(logged)
        .with_writer(io::stderr)
        .init();
    let options = arguments.options()?;
    let mut context = tauri::generate_context!();
    context.config_mut().identifier = arguments.identifier(&context.config().identifier)?;

    let app = tauri::Builder::default()
        // The first plugin, so that a second start ends before it touches anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            window::show(app)
        }))
        .plugin(tauri_plugin_dialog::init())
        .manage(Door::new(options))
        .manage(Bell::default())
        .invoke_handler(commands::handler())
        .setup(|app| {
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(
                async move { handle.state::<Door>().try_open(&handle).await },
            );
            end_when_asked(app.handle().clone());
            window::open(app.handle())?;
            Ok(())
        })
        .build(context)
        .context("the window cannot be opened")?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            tauri::async_runtime::block_on(app.state::<Door>().close());
        }
    });
    Ok(())
}

/// A session that ends, or a person at a terminal, asks by a signal; closing the window does the same.
#[cfg(unix)]
fn end_when_asked(app: tauri::AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    tauri::async_runtime::spawn(async move {
        let signals = (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
        );
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            return tracing::warn!("signals cannot be heard");
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        app.exit(0);
    });
}

#[cfg(not(unix))]
fn end_when_asked(_app: tauri::AppHandle) {}
