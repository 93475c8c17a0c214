//! A profile with a long history: twenty conversations, every message of which was delivered.

use std::path::Path;

use anyhow::Result;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use signet_protocol::{
    Change, Messenger,
    contact::{Contact, ContactId, Progress},
    entry::{Delivery, DeliveryState, Direction, Entry, Kind, ProofRecord, Route},
    time::Timestamp,
};
use signet_store::{Store, Wraps};

use crate::people;

const CONTACTS: u32 = 20;
/// Entries of one commit.
const GROUP: usize = 500;
const BEGAN: u64 = 1_790_000_000_000;

pub(super) fn write(profile: &Path, messages: u32) -> Result<()> {
    let wraps = Wraps {
        plain: true,
        ..Wraps::default()
    };
    let (store, _) = Store::create(profile, &wraps)?;
    let (_, mut changes) = Messenger::new("Alice");
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut contacts = Vec::new();
    for number in 0..CONTACTS {
        let acquaintance = people::acquaintance(number, &mut rng);
        if let Change::Contact(contact) = &acquaintance[0] {
            contacts.push(contact.clone());
        }
        changes.extend(acquaintance);
    }
    for number in 0..messages {
        let (contact, seq) = (number % CONTACTS, u64::from(number / CONTACTS) + 1);
        if let Some(contact) = contacts.get(usize::try_from(contact)?) {
            changes.push(Change::Entry(Box::new(entry(contact, seq))));
        }
        if changes.len() >= GROUP {
            store.commit(&std::mem::take(&mut changes))?;
        }
    }
    for contact in &contacts {
        changes.push(read(contact.id, u64::from(messages / CONTACTS)));
    }
    store.commit(&changes)?;
    Ok(())
}

fn read(contact: ContactId, last_seq: u64) -> Change {
    let progress = Progress {
        last_seq,
        read_up_to: last_seq,
        ever_acked: true,
        ..Progress::default()
    };
    Change::Progress { contact, progress }
}

fn entry(contact: &Contact, seq: u64) -> Entry {
    let time = Timestamp(BEGAN + seq * 60_000);
    let is_ours = seq.is_multiple_of(2);
    let text = format!("Nachricht {seq}: der Zug hat Verspätung, fangt ruhig ohne mich an.");
    let delivery = Delivery {
        attempt: 1,
        state: DeliveryState::Delivered,
        route: Some(Route::Direct),
        at: time,
        remark: None,
    };
    let proof = ProofRecord {
        sender_kid: Some(format!("{}#key-2", contact.their_did)),
        recipient_kid: Some(format!("{}#key-2", contact.my_did)),
        signer_kid: None,
        algorithms: vec!["ECDH-1PU+A256KW".to_owned(), "A256CBC-HS512".to_owned()],
        received: time,
        plaintext: vec![b'x'; 1500],
        jws: None,
    };
    Entry {
        contact: contact.id,
        seq,
        id: format!("{:08x}-0000-4000-8000-{seq:012x}", contact.id.0[3]),
        direction: if is_ours {
            Direction::Out
        } else {
            Direction::In
        },
        kind: Kind::Message {
            text,
            reply_to: None,
        },
        time,
        claimed_time: (!is_ours).then_some(time),
        my_did: contact.my_did.clone(),
        their_did: contact.their_did.clone(),
        delivery: is_ours.then_some(delivery),
        proof: (!is_ours).then_some(proof),
    }
}
