//! People on one curve, what they write at one size, and everybody who packs and opens it.

use std::hint::black_box;

use anyhow::{Context, Result};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use signet_didcomm::{
    ContentCipher, Curve, Did, DidUrl, Message, Opening, ResolveError, Unpacked, anoncrypt,
    authcrypt, basicmessage, document, routing, sign, unpack,
};

use crate::primitives::{Sealing, Signing};

use super::{
    affinidi::Known,
    contest::{Contest, Work},
    person::Person,
    published::{self, Published},
};

const NOW: u64 = 1_800_000_000;

/// The one that every library has.
const CIPHER: ContentCipher = ContentCipher::A256CbcHs512;

/// A size up to which it matters what was agreed on before.
const SMALL: usize = 1 << 10;

pub(super) struct Scene {
    curve: Curve,
    /// Who writes, and another who does.
    writers: [Person; 2],
    /// To whom, and another.
    readers: [Person; 2],
    mediator: Person,
    /// From the first writer to each reader.
    messages: [Message; 2],
    /// To the first reader from each writer.
    sealed: [String; 2],
    signed: String,
    /// About as long as the text.
    passed_on: String,
    published: Option<Published>,
    rng: ChaCha20Rng,
}

impl Scene {
    /// A text of so many bytes.
    pub(super) fn new(curve: Curve, length: usize) -> Result<Self> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut person = || Person::on(curve, &mut rng);
        let writers = [person()?, person()?];
        let readers = [person()?, person()?];
        let mediator = person()?;
        let [alice, dave] = &writers;
        let [bob, carol] = &readers;
        let message = letter(alice, bob, length);
        let sealed = [
            text(authcrypt(&message, &alice.keys, &bob.document, &mut rng)?)?,
            text(authcrypt(
                &letter(dave, bob, length),
                &dave.keys,
                &bob.document,
                &mut rng,
            )?)?,
        ];
        let empty = anoncrypt(&letter(alice, bob, 0), &bob.document, CIPHER, &mut rng)?;
        let within = length.saturating_sub(empty.len()) / 4 * 3;
        let within = letter(alice, bob, within);
        let passed_on = text(anoncrypt(&within, &bob.document, CIPHER, &mut rng)?)?;
        let published = match curve {
            Curve::P384 => None,
            _ => Some(Published::knowing(&[alice, dave, bob, carol, &mediator])?),
        };
        Ok(Self {
            curve,
            messages: [message, letter(alice, carol, length)],
            signed: text(sign(&letter(alice, bob, length), &alice.keys)?)?,
            sealed,
            passed_on,
            writers,
            readers,
            mediator,
            published,
            rng,
        })
    }

    /// All that is done with an envelope, in the order of the table.
    pub(super) fn contests(&self) -> Result<Vec<Contest<'_>>> {
        let mut contests = vec![self.authcrypt()?];
        let [message, _] = &self.messages;
        let is_small = message
            .text("content")
            .is_some_and(|text| text.len() <= SMALL);
        if is_small {
            contests.push(self.authcrypt_to_another()?);
        }
        contests.extend([self.anoncrypt()?, self.forward()?, self.unpack()?]);
        if is_small {
            contests.push(self.unpack_from_another()?);
        }
        if self.curve != Curve::P384 {
            contests.extend([self.sign()?, self.verify()?]);
        }
        Ok(contests)
    }

    fn authcrypt(&self) -> Result<Contest<'_>> {
        let ([alice, _], [bob, _], [message, _]) = (&self.writers, &self.readers, &self.messages);
        let mut rng = self.rng.clone();
        let ours = move || {
            let packed = authcrypt(black_box(message), &alice.keys, &bob.document, &mut rng);
            done(packed?)
        };
        self.authcrypting("authcrypt", Box::new(ours))
    }

    fn authcrypt_to_another(&self) -> Result<Contest<'_>> {
        let [alice, _] = &self.writers;
        let mut rng = self.rng.clone();
        let mut letters = self.messages.iter().zip(&self.readers).cycle();
        let ours = move || {
            let (message, to) = letters.next().context("two letters")?;
            let packed = authcrypt(black_box(message), &alice.keys, &to.document, &mut rng);
            done(packed?)
        };
        self.authcrypting("authcrypt to another", Box::new(ours))
    }

    fn authcrypting<'a>(&'a self, name: &str, ours: Work<'a>) -> Result<Contest<'a>> {
        let ([alice, _], [bob, _], [message, _]) = (&self.writers, &self.readers, &self.messages);
        let [sealed, _] = &self.sealed;
        let mut floor = self.sealing(sealed, message.to_vec().len(), 2)?;
        let published = self.published.as_ref().map(|published| {
            let (message, secrets) = (theirs(message)?, published::secrets(alice)?);
            let (from, to) = (alice.did.as_str(), bob.did.as_str());
            work(move || done(published.encrypt(&message, Some(from), &secrets, to)?))
        });
        let (from, to, message) = (Known::of(alice)?, Known::of(bob)?, theirs(message)?);
        Ok(Contest {
            name: self.named(name),
            ours,
            floor: Box::new(move || floor.seal()),
            published: published.transpose()?,
            affinidi: Box::new(move || done(from.authcrypt(&message, &to)?)),
        })
    }

    fn anoncrypt(&self) -> Result<Contest<'_>> {
        let ([alice, _], [bob, _], [message, _]) = (&self.writers, &self.readers, &self.messages);
        let mut rng = self.rng.clone();
        let envelope = text(anoncrypt(message, &bob.document, CIPHER, &mut rng)?)?;
        let mut floor = self.sealing(&envelope, message.to_vec().len(), 1)?;
        let published = self.published.as_ref().map(|published| {
            let (message, secrets) = (theirs(message)?, published::secrets(alice)?);
            work(move || done(published.encrypt(&message, None, &secrets, bob.did.as_str())?))
        });
        let (to, their_message) = (Known::of(bob)?, theirs(message)?);
        Ok(Contest {
            name: self.named("anoncrypt"),
            ours: Box::new(move || {
                let packed = anoncrypt(black_box(message), &bob.document, CIPHER, &mut rng);
                done(packed?)
            }),
            floor: Box::new(move || floor.seal()),
            published: published.transpose()?,
            affinidi: Box::new(move || done(to.anoncrypt(&their_message)?)),
        })
    }

    fn forward(&self) -> Result<Contest<'_>> {
        let ([bob, _], mediator, passed_on) = (&self.readers, &self.mediator, &self.passed_on);
        let mut rng = self.rng.clone();
        let next = bob.did.as_str();
        let hops = [routing::Hop {
            name: mediator.did.to_string(),
            document: mediator.document.clone(),
        }];
        let mut wrap = move || {
            let envelope = black_box(passed_on).clone().into_bytes();
            anyhow::Ok(routing::wrap(envelope, next, &hops, None, &mut rng)?)
        };
        let onion = text(wrap()?)?;
        let opened = self.opened(&onion, mediator)?;
        let mut floor = self.sealing(&onion, opened.plaintext.len(), 1)?;
        let published = self.published.as_ref().map(|published| {
            let hops = vec![mediator.did.to_string()];
            work(move || done(published.forward(passed_on, next, &hops)?))
        });
        let hop = Known::of(mediator)?;
        Ok(Contest {
            name: self.named("forward"),
            ours: Box::new(move || done(wrap()?)),
            floor: Box::new(move || floor.seal()),
            published: published.transpose()?,
            affinidi: Box::new(move || done(hop.forward(passed_on, next)?)),
        })
    }

    fn unpack(&self) -> Result<Contest<'_>> {
        let ([bob, _], [sealed, _]) = (&self.readers, &self.sealed);
        let ours = move || read(&self.opened(black_box(sealed), bob)?.message);
        self.unpacking("unpack", Box::new(ours))
    }

    fn unpack_from_another(&self) -> Result<Contest<'_>> {
        let [bob, _] = &self.readers;
        let mut envelopes = self.sealed.iter().cycle();
        let ours = move || {
            let sealed = envelopes.next().context("two envelopes")?;
            read(&self.opened(black_box(sealed), bob)?.message)
        };
        self.unpacking("unpack from another", Box::new(ours))
    }

    fn unpacking<'a>(&'a self, name: &str, ours: Work<'a>) -> Result<Contest<'a>> {
        let ([alice, _], [bob, _], [sealed, _]) = (&self.writers, &self.readers, &self.sealed);
        let [message, _] = &self.messages;
        let mut floor = self.sealing(sealed, message.to_vec().len(), 2)?;
        let published = self.published.as_ref().map(|published| {
            let secrets = published::secrets(bob)?;
            work(move || published.open(sealed, &secrets))
        });
        let (from, to) = (Known::of(alice)?, Known::of(bob)?);
        Ok(Contest {
            name: self.named(name),
            ours,
            floor: Box::new(move || floor.open()),
            published: published.transpose()?,
            affinidi: Box::new(move || to.open(sealed, &from)),
        })
    }

    fn sign(&self) -> Result<Contest<'_>> {
        let ([alice, _], [message, _]) = (&self.writers, &self.messages);
        let floor = Signing::of(self.curve, self.signed.as_bytes())?;
        let published = self.published.as_ref().map(|published| {
            let (message, secrets) = (theirs(message)?, published::secrets(alice)?);
            work(move || done(published.sign(&message, alice.did.as_str(), &secrets)?))
        });
        let (from, their_message) = (Known::of(alice)?, theirs(message)?);
        Ok(Contest {
            name: self.signing("sign"),
            ours: Box::new(move || done(sign(black_box(message), &alice.keys)?)),
            floor: Box::new(move || floor.sign()),
            published: published.transpose()?,
            affinidi: Box::new(move || done(from.sign(&their_message)?)),
        })
    }

    fn verify(&self) -> Result<Contest<'_>> {
        let ([alice, _], [bob, _], signed) = (&self.writers, &self.readers, &self.signed);
        let floor = Signing::of(self.curve, signed.as_bytes())?;
        let published = self.published.as_ref().map(|published| {
            let secrets = published::secrets(bob)?;
            work(move || published.open(signed, &secrets))
        });
        let from = Known::of(alice)?;
        Ok(Contest {
            name: self.signing("verify"),
            ours: Box::new(move || read(&self.opened(black_box(signed), bob)?.message)),
            floor: Box::new(move || floor.verify()),
            published: published.transpose()?,
            affinidi: Box::new(move || from.verify(signed)),
        })
    }

    fn sealing(&self, envelope: &str, plaintext: usize, agreements: usize) -> Result<Sealing> {
        Sealing::of(self.curve, envelope.as_bytes(), plaintext, agreements)
    }

    /// What the reader finds, who remembers the documents of those who write.
    fn opened(&self, envelope: &str, reader: &Person) -> Result<Unpacked> {
        let document = |did: &Did| {
            let known = self.writers.iter().find(|writer| writer.did == *did);
            let known = known.map(|writer| Ok(writer.document.clone()));
            known.unwrap_or_else(|| document::resolve(did))
        };
        let document: &dyn Fn(&Did) -> Result<_, ResolveError> = &document;
        let opening = Opening {
            secret: &|kid: &DidUrl| reader.keys.get(kid),
            document,
        };
        Ok(black_box(unpack(envelope.as_bytes(), &opening, NOW)?))
    }

    fn named(&self, work: &str) -> String {
        format!("{work}, {}", self.curve)
    }

    fn signing(&self, work: &str) -> String {
        let [alice, _] = &self.writers;
        format!("{work}, {}", alice.signing.curve)
    }
}

fn letter(from: &Person, to: &Person, length: usize) -> Message {
    let mut message = Message::new(
        "00000000-0000-4000-8000-000000000000",
        basicmessage::MESSAGE,
    );
    let words = "Ich komme um acht, und du? ";
    let text: String = words.chars().cycle().take(length).collect();
    message.body.insert("content".to_owned(), text.into());
    message.created_time = Some(NOW);
    message.from = Some(from.did.clone());
    message.to = vec![to.did.clone()];
    message
}

/// The message as another library has it.
fn theirs<T: serde::de::DeserializeOwned>(message: &Message) -> Result<T> {
    Ok(serde_json::from_slice(&message.to_vec())?)
}

fn text(envelope: Vec<u8>) -> Result<String> {
    Ok(String::from_utf8(envelope)?)
}

fn read(message: &Message) -> Result<()> {
    message.text("content").context("no content")?;
    Ok(())
}

fn done(packed: impl AsRef<[u8]>) -> Result<()> {
    black_box(packed.as_ref());
    Ok(())
}

fn work<'a>(work: impl FnMut() -> Result<()> + 'a) -> Result<Work<'a>> {
    Ok(Box::new(work))
}
