//! What may be typed.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use signet_transcript::Format;

/// Signet: messages that go straight to the other person, under identities made for them alone.
#[derive(Parser)]
#[command(name = "signet", version, propagate_version = false)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args, Clone)]
pub struct Global {
    /// The profile's folder [default: in the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "SIGNET_PROFILE")]
    pub profile: Option<PathBuf>,
    /// A file whose first line is the passphrase; else SIGNET_PASSPHRASE, else a prompt
    #[arg(long, global = true, value_name = "F")]
    pub passphrase_file: Option<PathBuf>,
    /// Print one JSON object per result
    #[arg(long, global = true)]
    pub json: bool,
}

/// What is done about mediators.
#[derive(Subcommand)]
pub enum Mediator {
    /// Ask a mediator to keep my mail
    Add {
        /// Its link or its DID
        #[arg(value_name = "LINK|DID")]
        place: String,
    },
    /// The mediators asked so far
    List,
    /// Leave a mediator: contacts are told of other ways first
    Remove {
        /// Its DID or its address
        mediator: String,
    },
    /// Replace a mediator by another
    Swap {
        /// The DID or address of the one to leave
        old: String,
        /// The link or DID of the other
        new: String,
    },
}

#[derive(Subcommand)]
pub enum Command {
    /// Make a profile
    Init(Init),
    /// Who I am, and where I can be reached
    Whoami,
    /// The version of this program
    Version,
    /// Show the settings, or change one
    Settings {
        /// name, mdns, upnp, notifications or theme
        key: Option<String>,
        /// Its new value
        #[arg(requires = "key")]
        value: Option<String>,
    },
    /// Make an invitation, for one person
    Invite(Invite),
    /// Answer somebody's invitation
    Accept(Accept),
    /// The invitations made so far
    Invitations,
    /// Take an invitation back
    Revoke {
        /// The invitation's id
        id: String,
    },
    /// Those who keep mail for me while I am away
    #[command(subcommand)]
    Mediator(Mediator),
    /// Everybody I write with
    Contacts,
    /// One contact: DIDs, their chain, the state
    Contact(Whom),
    /// Answer somebody who asked through a reusable invitation
    Request {
        #[command(flatten)]
        whom: Whom,
        /// Whether to write with them
        answer: Answer,
    },
    /// Give a contact a name of my own
    Rename {
        #[command(flatten)]
        whom: Whom,
        /// The name; left out, the one they chose is shown again
        name: Option<String>,
    },
    /// Notify no more of a contact's messages
    Mute {
        #[command(flatten)]
        whom: Whom,
        /// Notify again
        #[arg(long)]
        off: bool,
    },
    /// Write to a contact through mediators only: they learn no address of this computer
    MediatedOnly {
        #[command(flatten)]
        whom: Whom,
        /// Straight again, where it is possible
        #[arg(long)]
        off: bool,
    },
    /// Take nothing more from a contact
    Block(Whom),
    /// Take messages from a contact again
    Unblock(Whom),
    /// Forget a contact and the whole conversation
    Delete(Whom),
    /// Write to a contact
    Send(Send),
    /// Send a failed message again
    Resend {
        /// The message's id
        id: String,
    },
    /// A page of a conversation
    History {
        #[command(flatten)]
        whom: Whom,
        /// How many entries
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// Only entries before this sequence number
        #[arg(long, value_name = "SEQ")]
        before: Option<u64>,
    },
    /// Mark a contact's messages as read
    Read {
        #[command(flatten)]
        whom: Whom,
        /// Up to this sequence number
        #[arg(long, value_name = "SEQ")]
        up_to: Option<u64>,
    },
    /// Take a new identity towards contacts; the old one confirms it
    Rotate {
        /// Ids, or names that are unique
        #[arg(
            value_name = "CONTACT",
            required_unless_present = "all",
            conflicts_with = "all"
        )]
        contacts: Vec<String>,
        /// Towards everybody
        #[arg(long)]
        all: bool,
    },
    /// End a relationship, and tell them
    End(Whom),
    /// Write conversations to a file that everybody can read
    Export(Export),
    /// Save the whole profile in one encrypted file
    Backup {
        /// The file to write
        file: PathBuf,
    },
    /// Make a profile out of a backup
    Restore(Restore),
    /// Set another passphrase
    Passphrase(Change),
    /// Stay online; events as JSON lines
    Run(Run),
    /// JSON-RPC 2.0 on stdin and stdout, one object a line
    Rpc(Online),
}

#[derive(Args)]
pub struct Whom {
    /// An id, or a name that is unique
    pub contact: String,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Answer {
    Accept,
    Refuse,
}

#[derive(Args)]
pub struct Init {
    /// The name that contacts see
    #[arg(long)]
    pub name: String,
    /// Lock the profile by nothing but the rights of its files
    #[arg(long)]
    pub no_passphrase: bool,
}

#[derive(Args)]
pub struct Invite {
    /// Anybody may answer; each answer waits for `request`
    #[arg(long)]
    pub reusable: bool,
    /// How long it may be answered, such as 7d
    #[arg(long, value_name = "SPAN", value_parser = span)]
    pub expires: Option<String>,
    /// A note for yourself, such as whom it is for
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Draw it as a QR code
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
    /// Draw it as a QR code
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

#[derive(Args)]
pub struct Accept {
    /// A link, or a picture (PNG, JPEG or WebP) that shows one
    #[arg(value_name = "LINK|IMAGE")]
    pub invitation: String,
    /// A note for yourself, such as who gave it to you
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// How long to wait for the inviter's answer
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = span)]
    pub timeout: String,
}

#[derive(Args)]
pub struct Send {
    #[command(flatten)]
    pub whom: Whom,
    /// The words; - reads them from stdin
    pub text: String,
    /// The id of the message it answers
    #[arg(long, value_name = "ID")]
    pub reply_to: Option<String>,
    /// Wait until it has come this far
    #[arg(long)]
    pub wait: Option<Goal>,
    /// How long to wait
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span)]
    pub timeout: String,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Goal {
    Sent,
    Delivered,
    Read,
}

#[derive(Args)]
pub struct Export {
    /// An id, or a name that is unique
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub contact: Option<String>,
    /// Every conversation
    #[arg(long)]
    pub all: bool,
    /// html, json or text
    #[arg(long)]
    pub format: Format,
    /// The file to write
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct Restore {
    /// The backup; its passphrase or its unlock code opens it
    pub file: PathBuf,
    /// Lock the restored profile by nothing but the rights of its files
    #[arg(long)]
    pub no_passphrase: bool,
}

#[derive(Args)]
pub struct Change {
    /// A file whose first line is the new passphrase; else a prompt
    #[arg(long, value_name = "F")]
    pub new_file: Option<PathBuf>,
    /// Take the passphrase away, where another way to open remains
    #[arg(long, conflicts_with = "new_file")]
    pub remove: bool,
}

#[derive(Args)]
pub struct Run {
    /// End after this time, such as 60s
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    pub span: Option<String>,
    #[command(flatten)]
    pub online: Online,
}

#[derive(Args)]
pub struct Online {
    /// Open an inbound DIDComm endpoint here
    #[arg(long, value_name = "ADDR:PORT")]
    pub http: Option<SocketAddr>,
    /// How others reach that endpoint
    #[arg(long, value_name = "URL", requires = "http")]
    pub public_url: Option<String>,
    /// Listen here [default: where it was the last time, or anywhere]
    #[arg(long, value_name = "MULTIADDR")]
    pub listen: Vec<String>,
}

impl Online {
    /// Nothing was asked for that only a process of its own can give.
    pub fn is_plain(&self) -> bool {
        self.http.is_none() && self.listen.is_empty()
    }
}

/// Checks a span of time, which the rpc reads once more.
fn span(text: &str) -> Result<String, String> {
    signet_node::rpc::span(text).map(|_| text.to_owned())
}
