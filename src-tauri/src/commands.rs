//! What the pages may ask, by theme. Every command hands over and adds nothing.
//!
//! A command is named in four places: here, in `build.rs`, in the capability of the window, and
//! in the pages' `api.ts`; `contract` holds them together.

mod conversation;
mod identity;
mod keeping;
mod mediators;
mod meeting;
mod people;
mod profile;

use tauri::{Wry, ipc::Invoke};

/// Takes every call of the pages.
pub fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        profile::overview,
        profile::create_profile,
        profile::unlock,
        profile::me,
        profile::set_name,
        profile::network,
        profile::set_setting,
        people::contacts,
        people::contact,
        people::rename,
        people::mute,
        people::mediated_only,
        people::block,
        people::delete,
        people::end,
        people::request,
        conversation::history,
        conversation::send,
        conversation::resend,
        conversation::read,
        conversation::looking_at,
        meeting::invite,
        meeting::invitations,
        meeting::revoke,
        meeting::accept_link,
        meeting::accept_picture,
        mediators::mediators,
        mediators::add_mediator,
        mediators::add_mediator_in_picture,
        mediators::remove_mediator,
        identity::rotate,
        identity::rotation,
        keeping::export,
        keeping::backup,
    ]
}
