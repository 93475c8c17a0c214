//! What the mediator keeps: whom it serves, for which DIDs, and their mail. It lies in memory only.

use std::collections::{BTreeMap, BTreeSet};

/// One envelope that waits.
#[derive(Clone)]
pub struct Held {
    /// A UUID, as it is acknowledged by.
    pub id: String,
    /// Whose it is: the DID that the client speaks to the mediator with.
    client: String,
    /// For which of the client's DIDs.
    recipient: String,
    /// The envelope as it came.
    pub envelope: String,
}

/// What is kept.
#[derive(Default)]
pub struct Store {
    clients: BTreeSet<String>,
    /// Whose each DID is.
    recipients: BTreeMap<String, String>,
    mail: Vec<Held>,
}

impl Store {
    pub fn grant(&mut self, client: &str) {
        self.clients.insert(client.to_owned());
    }

    pub fn serves(&self, client: &str) -> bool {
        self.clients.contains(client)
    }

    /// Adds or removes a DID; the result in the protocol's word.
    pub fn update(&mut self, client: &str, did: &str, action: &str) -> &'static str {
        let owner = self.recipients.get(did);
        if owner.is_some_and(|owner| owner != client) {
            return "client_error";
        }
        match (action, owner.is_some()) {
            ("add", false) => {
                self.recipients.insert(did.to_owned(), client.to_owned());
                "success"
            }
            ("remove", true) => {
                self.recipients.remove(did);
                "success"
            }
            ("add", true) | ("remove", false) => "no_change",
            _ => "client_error",
        }
    }

    /// The DIDs of a client.
    pub fn recipients(&self, client: &str) -> Vec<&str> {
        let all = self.recipients.iter();
        all.filter(|(_, owner)| *owner == client)
            .map(|(did, _)| did.as_str())
            .collect()
    }

    /// So many DIDs of all clients.
    pub fn recipient_count(&self) -> usize {
        self.recipients.len()
    }

    /// Keeps an envelope for exactly this DID; whether anybody receives by it.
    pub fn put(&mut self, next: &str, envelope: String) -> bool {
        let Some(client) = self.recipients.get(next) else {
            return false;
        };
        self.mail.push(Held {
            id: uuid(),
            client: client.clone(),
            recipient: next.to_owned(),
            envelope,
        });
        true
    }

    /// What waits for a client, perhaps for one DID only, oldest first.
    pub fn waiting<'a>(
        &'a self,
        client: &'a str,
        recipient: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Held> {
        self.mail.iter().filter(move |held| {
            held.client == client && recipient.is_none_or(|did| held.recipient == did)
        })
    }

    /// So many envelopes wait for everybody.
    pub fn waiting_count(&self) -> usize {
        self.mail.len()
    }

    /// Deletes what a client has.
    pub fn delete(&mut self, client: &str, ids: &[String]) {
        self.mail
            .retain(|held| held.client != client || !ids.contains(&held.id));
    }
}

/// A random UUID. Source: RFC 9562, "UUID Version 4".
pub fn uuid() -> String {
    let mut bytes: [u8; 16] = rand::random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let [a, b, c, d] = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20]];
    format!("{a}-{b}-{c}-{d}-{}", &hex[20..])
}
