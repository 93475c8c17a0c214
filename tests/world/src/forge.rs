//! What only the storyteller can do: listen at the wires, hold anybody's keys, forge.

use rand_core::CryptoRng;
use signet_didcomm::{
    Document, Message, Opening, SecretKeys, authcrypt,
    did::{Did, DidUrl},
    document, unpack,
};
use signet_protocol::{Rejected, change::Change};

use crate::{
    World,
    person::{Host, Who},
};

/// What only the storyteller can do.
impl World {
    /// Hands bytes to a person's machine as a wire would, and says what it thinks of them.
    ///
    /// # Errors
    /// As the machine rejects.
    pub fn offer(&mut self, who: Who, bytes: &[u8]) -> Result<(), Rejected> {
        let now = self.now;
        let person = &mut self.people[who.0];
        let time = person.tell(now);
        let messenger = person.messenger.as_ref().expect("it is up");
        let opened = messenger.open(bytes, time);
        let step = person.handle(opened, time)?;
        self.take_step(who, step);
        Ok(())
    }

    /// The keys of a DID that a person holds or held.
    pub fn keys(&self, who: Who, did: &Did) -> SecretKeys {
        self.people[who.0]
            .ever
            .get(did.short().as_str())
            .expect("it was theirs")
            .keys
            .clone()
    }

    /// The DIDs whose keys a person still holds, in short form.
    pub fn held(&self, who: Who) -> Vec<Did> {
        let records = self.people[who.0].ahead.records();
        let dids = records.filter_map(|r| match r {
            Change::Identity(identity) => Some(identity.did.short()),
            _ => None,
        });
        dids.collect()
    }

    /// Brings a message that was lost on its way so late that its sender has given it up.
    pub fn give_lost_mail(&mut self, from: Who, to: Who, text: &str) -> String {
        let entry = self.own_entry(from, to, text);
        let mut message = Message::new(
            entry.id.clone(),
            "https://didcomm.org/basicmessage/2.0/message",
        );
        message.body.insert("content".to_owned(), text.into());
        message.please_ack = vec![String::new()];
        let relation = self.relation(from, to);
        message.from = Some(relation.my_did.clone());
        message.to = vec![relation.their_did.clone()];
        let keys = self.keys(from, &relation.my_did);
        let document = document::resolve(&relation.their_did).expect("a did:peer");
        let envelope = self.pack(&message, &keys, &document);
        self.offer(to, &envelope).expect("it is well made");
        text.to_owned()
    }

    /// Packs a message with any keys, as a forger would.
    pub fn pack(&mut self, message: &Message, keys: &SecretKeys, to: &Document) -> Vec<u8> {
        self.try_pack(message, keys, to).expect("it can be packed")
    }

    /// Packs a message with any keys, if our own hand can do it at all.
    pub fn try_pack(
        &mut self,
        message: &Message,
        keys: &SecretKeys,
        to: &Document,
    ) -> Option<Vec<u8>> {
        authcrypt(message, keys, to, &mut self.rng).ok()
    }

    /// The world's own generator.
    pub fn dice(&mut self) -> &mut impl CryptoRng {
        &mut self.rng
    }

    /// From here on envelopes are remembered for [`World::overheard`].
    pub fn listen(&mut self) {
        self.overheard = Some(Vec::new());
    }

    /// The messages put on the wires to a person since [`World::listen`], opened with that person's keys.
    pub fn overheard(&self, to: Who) -> Vec<Message> {
        let envelopes = self
            .overheard
            .iter()
            .flatten()
            .filter(|(host, _)| *host == Host::Person(to.0));
        envelopes
            .filter_map(|(_, bytes)| self.opened(to, bytes))
            .collect()
    }

    /// The envelopes put on the wires to a person since [`World::listen`].
    pub fn envelopes(&self, to: Who) -> Vec<Vec<u8>> {
        let envelopes = self
            .overheard
            .iter()
            .flatten()
            .filter(|(host, _)| *host == Host::Person(to.0));
        envelopes.map(|(_, bytes)| bytes.clone()).collect()
    }

    /// How many attempts were made to anybody since [`World::listen`].
    pub fn heard(&self) -> usize {
        self.overheard.iter().flatten().count()
    }

    fn opened(&self, who: Who, bytes: &[u8]) -> Option<Message> {
        let ever = &self.people[who.0].ever;
        let secret = |kid: &DidUrl| {
            ever.get(kid.did().short().as_str())
                .and_then(|identity| identity.keys.get(kid))
        };
        let resolve = |did: &Did| match document::resolve(did) {
            Err(error @ document::ResolveError::NeedsLongForm { .. }) => {
                let long = self
                    .people
                    .iter()
                    .find_map(|p| p.ever.get(did.as_str()))
                    .map(|identity| &identity.did);
                long.map_or(Err(error), document::resolve)
            }
            other => other,
        };
        let opening = Opening {
            secret: &secret,
            document: &resolve,
        };
        unpack(bytes, &opening, self.now.seconds())
            .ok()
            .map(|unpacked| unpacked.message)
    }
}
