//! Whom it happens to, and who does it.

use std::time::Duration;

use serde_json::{Value, json};
use signet_didcomm::{Did, Document, Message, SecretKeys, document};
use signet_forger::{Forgery, Person, jwt, signed};
use signet_protocol::{Verdict, command::Command, contact::ContactId};
use signet_world::{Who, World};
use stats_alloc::Region;

use crate::{
    MEMORY,
    case::{Bytes, Case, assert_cheap, is_same},
};

pub const TEXT: &str = "https://didcomm.org/basicmessage/2.0/message";
pub const SIGNED: &str = "application/didcomm-signed+json";

/// Alice's DIDs, one for each who knows her.
pub struct Faces {
    pub bob: Document,
    pub carol: Document,
    pub dora: Document,
    pub erin: Document,
    pub frank: Document,
    /// An open invitation.
    pub door: Document,
}

/// All that attackers may know.
pub struct Scene {
    pub alice: Faces,
    /// A contact, under the DID of today; before it he had two others.
    pub bob: Person,
    pub bob_first: Person,
    pub bob_second: Person,
    /// Another contact.
    pub carol: Person,
    /// Alice ended it.
    pub dora: Person,
    /// Blocked.
    pub erin: Person,
    /// Deleted.
    pub frank: Person,
    pub mallory: Person,
    /// Envelopes from Bob's first and second DID.
    pub overheard: Vec<Vec<u8>>,
    /// The one that told of his second DID.
    pub rotation: Vec<u8>,
    /// The proof in it.
    pub proof: String,
    /// Seconds since the Unix epoch.
    pub now: u64,
}

impl Scene {
    /// A text from somebody to one of Alice's DIDs.
    pub fn text(&self, from: &Person, to: &Document) -> Value {
        json!({"id": "f0f1", "type": TEXT, "from": from.did, "to": [to.id],
               "body": {"content": "send me all your money"}})
    }

    /// Bob's text with one header changed.
    pub fn text_with(&self, name: &str, value: Value) -> Value {
        let mut text = self.text(&self.bob, &self.alice.bob);
        text[name] = value;
        text
    }

    /// Sealed by Bob for Alice.
    pub fn by_bob(&self) -> Forgery {
        Forgery::to(&self.alice.bob).by(&self.bob)
    }

    /// A good envelope of Bob's, not yet seen.
    pub fn good(&self) -> Value {
        self.by_bob()
            .seal(self.text(&self.bob, &self.alice.bob).to_string())
    }

    /// Signed as `from` should.
    pub fn signed(&self, text: &Value, by: &Person) -> Value {
        let header = json!({"typ": SIGNED, "alg": "EdDSA"});
        signed(text.to_string(), &by.seed, &header, &by.kid("sig"))
    }

    /// A rotation proof of any claims, signed by `by` under the name that is theirs.
    pub fn proof(&self, claims: &Value, by: &Person) -> String {
        let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": by.kid("sig")});
        jwt(&header, claims, &by.seed)
    }

    /// The end of a relationship, as the wire has it: from nobody.
    pub fn ending(&self, to: &Document, proof: &str) -> Value {
        json!({"id": "f0f2", "type": "https://didcomm.org/empty/1.0/empty", "to": [to.id],
               "body": {}, "from_prior": proof})
    }
}

/// What a forger can write that is no forgery: it is taken, so nothing else is wrong with the others.
pub fn good(s: &Scene) -> Vec<Vec<u8>> {
    let text = s.text(&s.bob, &s.alice.bob);
    let hidden = Forgery::to(&s.alice.bob).seal(s.good().to_string());
    let on_record = s.signed(&text, &s.bob).to_string();
    let claims = json!({"iss": s.bob.did, "sub": s.mallory.did, "iat": s.now});
    let mut moved = s.text(&s.mallory, &s.alice.bob);
    moved["from_prior"] = s.proof(&claims, &s.bob).into();
    let end = s.proof(&json!({"iss": s.bob.did, "iat": s.now}), &s.bob);
    let knock = s.text(&s.mallory, &s.alice.door).to_string();
    [
        s.good(),
        hidden,
        Forgery::to(&s.alice.bob).seal(&on_record),
        s.by_bob().seal(&on_record),
        Forgery::to(&s.alice.bob)
            .by(&s.mallory)
            .seal(moved.to_string()),
        Forgery::to(&s.alice.bob).seal(s.ending(&s.alice.bob, &end).to_string()),
        Forgery::to(&s.alice.door).by(&s.mallory).seal(knock),
    ]
    .map(Bytes::bytes)
    .into()
}

/// A world in which Alice has met them all.
pub struct Stage {
    pub world: World,
    pub alice: Who,
    pub bob: Who,
    pub scene: Scene,
    /// What told of Bob's third DID: the envelope, and the message in it.
    pub latest: (Vec<u8>, Message),
    contacts: Vec<ContactId>,
}

impl Stage {
    pub fn new() -> Self {
        let mut world = World::seeded(77);
        let (alice, bob) = world.acquainted("alice", "bob");
        let others =
            ["carol", "dora", "erin", "frank"].map(|name| world.acquainted("alice", name).1);
        let persons = others.map(|who| holding(&world, who, alice));
        let faces = others.map(|who| face(&world, who, alice));
        let [carol, dora, erin, frank] = others;
        let contacts = [bob, carol, dora, erin].map(|who| world.contact(alice, who));

        for (who, words) in [(carol, "good morning"), (dora, "hello"), (bob, "first")] {
            world.listen();
            world.send(who, alice, words);
            world.send(alice, who, "to you too");
            world.settle();
        }
        let overheard = world.envelopes(alice);
        let bob_first = holding(&world, bob, alice);
        let (rotation, told) = rotate(&mut world, bob, alice, "second");
        let bob_second = holding(&world, bob, alice);
        let latest = rotate(&mut world, bob, alice, "third");

        let command = |world: &mut World, command| world.command(alice, command).unwrap();
        let [_, _, of_dora, of_erin] = contacts;
        command(&mut world, Command::End(of_dora));
        let contact = of_erin;
        let blocked = true;
        command(&mut world, Command::Block { contact, blocked });
        let of_frank = world.contact(alice, frank);
        command(&mut world, Command::Delete(of_frank));
        let door = world.invite(alice).did;
        world.pass(Duration::from_secs(60));
        world.settle();

        let mallory = world.agent("mallory");
        let [carol_face, dora_face, erin_face, frank_face] = faces;
        let [carol_keys, dora_keys, erin_keys, frank_keys] = persons;
        let scene = Scene {
            alice: Faces {
                bob: face(&world, bob, alice),
                carol: carol_face,
                dora: dora_face,
                erin: erin_face,
                frank: frank_face,
                door: document::resolve(&door).unwrap(),
            },
            bob: holding(&world, bob, alice),
            bob_first,
            bob_second,
            carol: carol_keys,
            dora: dora_keys,
            erin: erin_keys,
            frank: frank_keys,
            mallory: Person::holding(&world.agent_keys(mallory).0),
            overheard,
            rotation,
            proof: told.from_prior.unwrap(),
            now: world.now().seconds(),
        };
        Self {
            world,
            alice,
            bob,
            scene,
            latest,
            contacts: contacts.into(),
        }
    }

    /// All that Alice has: what her machine holds, and every conversation.
    pub fn snapshot(&self) -> (Vec<u8>, Vec<String>) {
        let histories = self
            .contacts
            .iter()
            .map(|id| self.world.history(self.alice, *id));
        (
            self.world.records(self.alice),
            histories.map(|entries| format!("{entries:?}")).collect(),
        )
    }

    /// Hands a forgery in twice: the right error, nothing changed, nothing sent, not much used.
    pub fn refuses(&mut self, case: &Case) {
        let Case { name, by, .. } = case;
        let before = self.snapshot();
        let attempts = self.world.tally().attempts;
        for _ in 0..2 {
            let region = Region::new(MEMORY);
            let outcome = self.world.offer(self.alice, &case.envelope);
            let used = region.change();

            let Err(error) = outcome else {
                panic!("{name} of the {by:?} was taken");
            };
            assert!(is_same(&error, &case.error), "{name}: {error:?}");
            assert_eq!(error.verdict(), Verdict::No, "{name}");
            assert_cheap(name, used, case.envelope.len());
            self.world.settle();
            let attempted = self.world.tally().attempts - attempts;
            assert_eq!(attempted, 0, "{name}: something was sent");
        }
        assert!(self.snapshot() == before, "{name}: something changed");
    }

    /// After all of it both write to each other as before.
    pub fn assert_unhurt(&mut self) {
        let (alice, bob) = (self.alice, self.bob);
        self.world.send(bob, alice, "still here");
        self.world.send(alice, bob, "so am I");
        self.world.settle();

        let read = self.world.read(alice, bob);
        assert_eq!(read, ["first", "second", "third", "still here"]);
        assert_eq!(self.world.read(bob, alice), ["to you too", "so am I"]);
        self.world.assert_agreed(alice, bob);
    }
}

/// The keys with which somebody writes to Alice.
fn holding(world: &World, who: Who, alice: Who) -> Person {
    let did: Did = world.relation(who, alice).my_did.clone();
    let keys: SecretKeys = world.keys(who, &did);
    Person::holding(&keys)
}

/// The DID of Alice's that somebody writes to.
fn face(world: &World, who: Who, alice: Who) -> Document {
    document::resolve(&world.relation(who, alice).their_did).unwrap()
}

/// Somebody moves and says so with these words: the envelope, and the message in it.
fn rotate(world: &mut World, who: Who, alice: Who, words: &str) -> (Vec<u8>, Message) {
    world.listen();
    world.rotate(who, alice);
    world.send(who, alice, words);
    world.settle();
    world.assert_agreed(who, alice);
    let (envelopes, messages) = (world.envelopes(alice), world.overheard(alice));
    assert_eq!(envelopes.len(), messages.len());
    let mut told = envelopes.into_iter().zip(messages);
    told.find(|(_, message)| message.from_prior.is_some() && message.text("content") == Some(words))
        .expect("it was told")
}
