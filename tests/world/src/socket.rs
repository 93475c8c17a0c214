//! Live connections: mail comes by them until one of their ends is gone, which the other notices
//! after a while.

use std::collections::{BTreeMap, BTreeSet};

use signet_didcomm::{did::Did, document, message_pickup::Version};
use signet_protocol::{
    Verdict,
    mediator::{Facts, Fetch, MailId, Question, Way, limit},
};

use crate::{
    World,
    dice::Dice,
    person::{Input, Origin},
    world::Event,
};

/// How long it takes at most until an end that is gone is missed, in milliseconds.
const SILENCE: u64 = 75_000;
/// Envelopes handed out and not acknowledged.
const UNACKNOWLEDGED: usize = 256;

/// All that stand, or seem to.
#[derive(Default)]
pub(crate) struct Sockets {
    last: u64,
    standing: BTreeMap<u64, Socket>,
}

/// One person's at one mediator.
pub(crate) struct Socket {
    pub(crate) who: usize,
    pub(crate) mediator: usize,
    life: u32,
    way: Way,
    live: Option<(Did, Version)>,
    out: BTreeSet<MailId>,
}

impl World {
    /// Opens a connection, in place of the one before.
    pub(crate) fn connect(&mut self, who: usize, mediator: Did, uri: &str, hello: Vec<u8>) {
        self.disconnect(who, &mediator);
        let life = self.people[who].life;
        let wait = self.rng.between(1, self.wires.delay);
        let posts = self.mediators.iter();
        let found = posts
            .enumerate()
            .find(|(_, post)| uri.strip_prefix("wss") == post.url.strip_prefix("https"))
            .filter(|(_, post)| post.is_up)
            .map(|(index, _)| index)
            .filter(|_| !self.rng.chance(self.wires.lose));
        let is_open = found.is_some();
        if let Some(index) = found {
            self.sockets.last += 1;
            let socket = self.sockets.last;
            self.sockets.standing.insert(
                socket,
                Socket {
                    who,
                    mediator: index,
                    life,
                    way: Way {
                        stays: true,
                        returns: false,
                    },
                    live: None,
                    out: BTreeSet::new(),
                },
            );
            let hello = Event::Frame {
                socket,
                bytes: hello,
                is_to_mediator: true,
            };
            self.after(wait, hello);
        }
        let event = Event::Live {
            who,
            life,
            mediator,
            is_open,
        };
        self.after(wait, event);
    }

    /// Ends a connection without a word of it.
    pub(crate) fn disconnect(&mut self, who: usize, mediator: &Did) {
        let posts = &self.mediators;
        self.sockets.standing.retain(|_, socket| {
            socket.who != who || !posts[socket.mediator].mediator.did().is_same_as(mediator)
        });
    }

    /// These break. Whoever is left learns of it later.
    pub(crate) fn lose_sockets(&mut self, is_lost: impl Fn(u64, &Socket) -> bool) {
        let standing = std::mem::take(&mut self.sockets.standing);
        for (id, socket) in standing {
            if !is_lost(id, &socket) {
                self.sockets.standing.insert(id, socket);
                continue;
            }
            let wait = self.rng.between(1, SILENCE);
            let event = Event::Live {
                who: socket.who,
                life: socket.life,
                mediator: self.mediators[socket.mediator].mediator.did().clone(),
                is_open: false,
            };
            self.after(wait, event);
        }
    }

    /// A frame arrives at its end.
    pub(crate) fn frame(&mut self, id: u64, bytes: Vec<u8>, is_to_mediator: bool) {
        let Some(socket) = self.sockets.standing.get(&id) else {
            return;
        };
        if !is_to_mediator {
            let (who, origin) = (socket.who, Origin::Wire(None));
            return self.give(who, Input::Envelope { bytes, origin });
        }
        let (mediator, mut way) = (socket.mediator, socket.way);
        let Some(response) = self.handle(mediator, &bytes, &mut way) else {
            return;
        };
        if response.refused == Some(Verdict::Later) {
            return self.lose_sockets(|this, _| this == id);
        }
        let Some(socket) = self.sockets.standing.get_mut(&id) else {
            return;
        };
        socket.way = way;
        if let Some((account, version, is_live)) = response.live {
            socket.live = is_live.then_some((account, version));
        }
        if let Some(bytes) = response.envelope {
            self.send_down(id, bytes);
        }
        self.hand_out(id);
    }

    /// Hands out what came for an account, wherever it is waited for.
    pub(crate) fn hand_out_to(&mut self, mediator: usize, account: &Did) {
        let waits = |socket: &Socket| {
            let live = socket.live.as_ref();
            socket.mediator == mediator && live.is_some_and(|(did, _)| did.is_same_as(account))
        };
        let standing = self.sockets.standing.iter();
        let waiting: Vec<u64> = standing
            .filter(|(_, socket)| waits(socket))
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            self.hand_out(id);
        }
    }

    fn hand_out(&mut self, id: u64) {
        loop {
            let Some(socket) = self.sockets.standing.get_mut(&id) else {
                return;
            };
            let Some((account, version)) = socket.live.clone() else {
                return;
            };
            let post = &mut self.mediators[socket.mediator];
            if socket.out.len() >= UNACKNOWLEDGED {
                let memory = &post.memory;
                let waits = |id: &MailId| memory.envelope(&account, *id).is_some();
                socket.out.retain(waits);
            }
            if socket.out.len() >= UNACKNOWLEDGED {
                return;
            }
            let fetch = Fetch {
                account: account.clone(),
                recipient: None,
                most: limit::DELIVERY,
                bytes: limit::DELIVERY_BYTES,
                except: socket.out.clone(),
            };
            let Facts::Mail { mail, .. } = post.memory.find(&Question::Mail(fetch), self.now)
            else {
                return;
            };
            if mail.is_empty() {
                return;
            }
            socket.out.extend(mail.iter().map(|(id, _)| *id));
            let document = document::resolve(&account).expect("accounts are kept in full");
            let packed = post
                .mediator
                .deliver(&document, version, mail, self.now, &mut post.rng);
            self.send_down(id, packed.expect("a delivery can be packed"));
        }
    }

    /// A frame that is lost takes the connection with it.
    fn send_down(&mut self, id: u64, bytes: Vec<u8>) {
        if self.rng.chance(self.wires.lose) {
            return self.lose_sockets(|this, _| this == id);
        }
        let wait = self.rng.between(1, self.wires.delay);
        let frame = Event::Frame {
            socket: id,
            bytes,
            is_to_mediator: false,
        };
        self.after(wait, frame);
    }
}
