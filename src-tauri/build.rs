//! Gives every command a permission of its own. A command that no capability grants is refused,
//! and one that is not in this list cannot be granted.

use tauri_build::{AppManifest, Attributes};

const COMMANDS: &[&str] = &[
    "overview",
    "create_profile",
    "unlock",
    "me",
    "set_name",
    "contacts",
    "contact",
    "history",
    "send",
    "resend",
    "read",
    "rename",
    "mute",
    "mediated_only",
    "block",
    "delete",
    "end",
    "request",
    "invite",
    "invitations",
    "revoke",
    "accept_link",
    "accept_picture",
    "mediators",
    "add_mediator",
    "add_mediator_in_picture",
    "remove_mediator",
    "rotate",
    "rotation",
    "export",
    "backup",
    "network",
    "set_setting",
    "looking_at",
];

fn main() {
    let manifest = AppManifest::new().commands(COMMANDS);
    if let Err(error) = tauri_build::try_build(Attributes::new().app_manifest(manifest)) {
        println!("cargo::error={error:#}");
    }
}
