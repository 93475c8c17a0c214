//! Makes a profile and a backup to be kept under `tests/profiles`, once for each schema.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code,
    reason = "a tool of the tests"
)]

#[path = "../tests/store/model.rs"]
mod model;

use std::{ops::ControlFlow, path::Path};

use signet_protocol::{
    change::{Change, Early},
    contact::{ContactId, Progress},
    entry::{DeliveryState, Line},
    identity::Purpose,
    invitation::{Invitation, InvitationState},
    profile::Profile,
    time::Timestamp,
};
use signet_store::{Store, Wraps};

fn main() {
    let folder = std::env::args().nth(1).expect("the folder to make");
    let dir = Path::new(&folder);
    let wraps = Wraps {
        passphrase: Some("a profile of schema 1"),
        ..Wraps::default()
    };
    let (store, code) = Store::create(dir, &wraps).unwrap();
    let (ada, bob) = (ContactId([0xA; 16]), ContactId([0xB; 16]));
    let mut named = model::contact(bob, "Bob");
    named.name = Some("Bob from the choir".into());
    let gone = model::identity(3, Purpose::Contact(ada));
    let entry = |entry| Change::Entry(Box::new(entry));
    store
        .commit(&[
            Change::Profile(Profile {
                name: "Sigrid".into(),
                revision: 1,
                ..Profile::default()
            }),
            Change::Contact(Box::new(model::contact(ada, "Ada"))),
            Change::Contact(Box::new(named)),
            Change::Progress {
                contact: ada,
                progress: Progress {
                    last_seq: 4,
                    ..Progress::default()
                },
            },
            Change::Identity(Box::new(model::identity(1, Purpose::Contact(ada)))),
            Change::Identity(Box::new(model::identity(
                2,
                Purpose::Invitation("an-invitation".into()),
            ))),
            Change::Identity(Box::new(gone.clone())),
            Change::Invitation(Invitation {
                id: "an-invitation".into(),
                did: model::did(4),
                state: InvitationState::Open,
                reusable: true,
                created: Timestamp(1),
                expires: Some(Timestamp(2)),
                note: Some("for the choir".into()),
                url: "signet://invitation?_oob=e30".into(),
                page: None,
            }),
            Change::Outgoing(Box::new(model::outgoing(ada, "on-its-way", 5))),
            Change::Early(Box::new(Early {
                order: 9,
                entry: model::incoming(ada, 0, "early", "too soon"),
            })),
        ])
        .unwrap();
    store
        .commit(&[
            entry(model::line(ada, 1, Line::Connected)),
            entry(model::incoming(ada, 2, "hello", "hello Sigrid")),
            entry(model::own(ada, 3, "answer", "hello Ada")),
            entry(model::own(ada, 4, "long", &"a long one ".repeat(1000))),
            entry(model::own(bob, 1, "other", "hello Bob")),
            Change::Seen {
                contact: ada,
                id: "taken".into(),
                at: Timestamp(7),
            },
            Change::IdentityDestroyed(gone.did),
        ])
        .unwrap();
    let delivery = model::delivery(1, DeliveryState::Read);
    store
        .commit(&[Change::EntryDelivery {
            contact: ada,
            id: "answer".into(),
            delivery,
        }])
        .unwrap();
    store.set_setting("port", b"4711").unwrap();
    store
        .backup(&dir.with_extension("backup"), &mut |_, _| {
            ControlFlow::Continue(())
        })
        .unwrap();
    println!("unlock code: {code}");
}
