//! From what was typed to the rpc call that does it.

use std::{io::Read, path::PathBuf};

use serde_json::{Map, Value, json};

use crate::{
    arguments::{Answer, Command, Goal, Mediator},
    fault::Fault,
};

/// One call.
pub struct Wish {
    pub method: &'static str,
    pub params: Value,
    /// It is of no use without a way out.
    pub needs_wires: bool,
}

/// The call that does `command`.
///
/// # Panics
/// Never: the commands that are no calls were taken before.
pub fn of(command: Command) -> Result<Wish, Fault> {
    let offline = |method, params| Wish {
        method,
        params: without_nulls(params),
        needs_wires: false,
    };
    let online = |method, params| Wish {
        method,
        params: without_nulls(params),
        needs_wires: true,
    };
    Ok(match command {
        Command::Whoami => offline("whoami", json!({})),
        Command::Settings { key, value } => {
            offline("settings", json!({"key": key, "value": value}))
        }
        Command::Invite(invite) => online(
            "invite",
            json!({
                "reusable": invite.reusable, "expires": invite.expires, "note": invite.note,
                "png": from_here(invite.png)?, "svg": from_here(invite.svg)?,
            }),
        ),
        Command::Accept(accept) => online(
            "accept",
            json!({"invitation": picture(accept.invitation)?, "note": accept.note, "wait": accept.timeout}),
        ),
        Command::Invitations => offline("invitations", json!({})),
        Command::Revoke { id } => offline("revoke", json!({"id": id})),
        Command::Mediator(Mediator::Add { place }) => {
            let name = if place.starts_with("did:") {
                "did"
            } else {
                "link"
            };
            online("mediator.add", json!({name: place}))
        }
        Command::Mediator(Mediator::List) => offline("mediator.list", json!({})),
        Command::Mediator(Mediator::Remove { mediator }) => {
            offline("mediator.remove", json!({"did": mediator}))
        }
        Command::Mediator(Mediator::Swap { old, new }) => {
            online("mediator.swap", json!({"old": old, "new": new}))
        }
        Command::Contacts => offline("contacts", json!({})),
        Command::Contact(whom) => offline("contact", json!({"contact": whom.contact})),
        Command::Request { whom, answer } => {
            let answer = match answer {
                Answer::Accept => "accept",
                Answer::Refuse => "refuse",
            };
            offline(
                "request",
                json!({"contact": whom.contact, "answer": answer}),
            )
        }
        Command::Rename { whom, name } => {
            offline("rename", json!({"contact": whom.contact, "name": name}))
        }
        Command::Mute { whom, off } => {
            offline("mute", json!({"contact": whom.contact, "muted": !off}))
        }
        Command::MediatedOnly { whom, off } => offline(
            "mediated-only",
            json!({"contact": whom.contact, "on": !off}),
        ),
        Command::Block(whom) => offline("block", json!({"contact": whom.contact})),
        Command::Unblock(whom) => offline("unblock", json!({"contact": whom.contact})),
        Command::Delete(whom) => offline("delete", json!({"contact": whom.contact})),
        Command::Send(send) => {
            let wait = send.wait.map(|goal| match goal {
                Goal::Sent => "sent",
                Goal::Delivered => "delivered",
                Goal::Read => "read",
            });
            let text = if send.text == "-" {
                all_of_stdin()?
            } else {
                send.text
            };
            let params = json!({
                "contact": send.whom.contact, "text": text, "reply_to": send.reply_to, "wait": wait,
                "timeout": wait.map(|_| send.timeout),
            });
            Wish {
                needs_wires: wait.is_some(),
                ..offline("send", params)
            }
        }
        Command::Resend { id } => offline("resend", json!({"id": id})),
        Command::History {
            whom,
            limit,
            before,
        } => offline(
            "history",
            json!({"contact": whom.contact, "limit": limit, "before": before}),
        ),
        Command::Read { whom, up_to } => {
            offline("read", json!({"contact": whom.contact, "up_to": up_to}))
        }
        Command::Rotate { contacts, all } if all || contacts.is_empty() => {
            offline("rotate", json!({"all": true}))
        }
        Command::Rotate { contacts, .. } => offline("rotate", json!({"contact": contacts})),
        Command::End(whom) => offline("end", json!({"contact": whom.contact})),
        Command::Export(export) => offline(
            "export",
            json!({
                "contact": export.contact, "all": export.all, "format": export.format,
                "out": from_here(Some(export.out))?,
            }),
        ),
        Command::Backup { file } => offline("backup", json!({"path": from_here(Some(file))?})),
        Command::Init(_)
        | Command::Restore(_)
        | Command::Version
        | Command::Run(_)
        | Command::Rpc(_)
        | Command::Passphrase(_) => return Err(Fault::usage("This command is none to hand over.")),
    })
}

/// Left out and null are the same on the command line, and only one of them in the rpc.
fn without_nulls(params: Value) -> Value {
    match params {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

/// The process that holds the profile may stand in another folder.
fn from_here(path: Option<PathBuf>) -> Result<Option<PathBuf>, Fault> {
    let absolute = |path: PathBuf| {
        std::path::absolute(&path)
            .map_err(|error| Fault::usage(format!("{}: {error}.", path.display())))
    };
    path.map(absolute).transpose()
}

/// A picture by its path from anywhere; a link as it is.
fn picture(invitation: String) -> Result<String, Fault> {
    if invitation.contains("://") {
        return Ok(invitation);
    }
    let path = PathBuf::from(&invitation);
    if path.exists() {
        let path = from_here(Some(path))?.unwrap_or_default();
        return path
            .into_os_string()
            .into_string()
            .map_err(|_| Fault::usage("The picture's path is not UTF-8."));
    }
    Ok(invitation)
}

fn all_of_stdin() -> Result<String, Fault> {
    // One byte more than any text may have, so that a longer one is refused and not cut.
    let mut text = Vec::new();
    let most = signet_node::rpc::MAX_LINE as u64;
    let told = std::io::stdin().lock().take(most).read_to_end(&mut text);
    told.map_err(|error| Fault::failed(format!("The text cannot be read: {error}.")))?;
    let text = String::from_utf8(text).map_err(|_| Fault::failed("The text is not UTF-8."))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}
