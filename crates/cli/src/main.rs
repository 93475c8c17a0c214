//! `signet`: the headless client.
//!
//! A command is an rpc call: to the process that holds the profile, when there is one, else to a
//! node that lives as long as the command. What a person reads is made of the same objects that
//! `--json` prints. Status 0: done; 1: refused or failed, with one sentence on stderr; 2: wrong usage.

mod arguments;
mod fault;
mod secret;
mod session;
mod setup;
mod show;
mod stay;
mod wish;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use fault::Fault;
use session::Session;

/// Every message is hundreds of small allocations on three threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log();
    // The loop and the disk have threads of their own, and what is left is one person's wires: a
    // second worker would be woken for every message, to find nothing to do.
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Fault::failed(format!("Signet cannot start: {error}.")).tell(),
    };
    // On a worker it is woken without another thread in between.
    let done = runtime
        .block_on(runtime.spawn(perform(arguments)))
        .unwrap_or_else(|error| Err(Fault::failed(format!("Signet has failed: {error}."))));
    // A thread may still wait for a line of stdin that never comes.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.tell(),
    }
}

/// Logs go to stderr, and only when `RUST_LOG` asks for them.
fn log() {
    if std::env::var_os("RUST_LOG").is_none() {
        return;
    }
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
}

async fn perform(arguments: Arguments) -> Result<(), Fault> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Init(init) => setup::init(&global, init).await,
        Command::Restore(restore) => setup::restore(&global, restore).await,
        Command::Version => show::version(&global),
        Command::Run(run) => stay::run(&global, run).await,
        Command::Rpc(online) => stay::rpc(&global, online).await,
        Command::Passphrase(change) => setup::passphrase(&global, change).await,
        other => {
            let wish = wish::of(other)?;
            let session = Session::open(&global, wish.needs_wires).await?;
            let told = session.call(wish.method, wish.params).await?;
            show::result(&global, wish.method, told)
        }
    }
}
