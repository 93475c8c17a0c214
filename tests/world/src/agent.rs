//! An agent of another make, built on the envelopes alone: it speaks plain DIDComm v2 over HTTP,
//! says 202 before it looks, and acknowledges or follows a rotation only if it is told to.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use serde_json::json;
use signet_didcomm::{
    Curve, Document, Endpoint, FromPrior, Message, Opening, Purpose, ResolveError, SecretKeys,
    authcrypt,
    did::{Did, DidUrl, peer2, peer4},
    document, from_prior, out_of_band, unpack,
};
use signet_protocol::step::{AttemptId, Outcome};

use crate::{
    World,
    dice::Dice,
    person::{Host, Reply},
};

/// Names an agent of another make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stranger(pub(crate) usize);

/// What the agent received.
#[derive(Clone, Debug)]
pub struct Received {
    /// The message.
    pub message: Message,
    /// The rotation it announced, verified.
    pub from_prior: Option<FromPrior>,
}

pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) online: bool,
    pub(crate) acks: bool,
    pub(crate) follows: bool,
    /// The only one on which it agrees.
    curve: Curve,
    pub(crate) keys: Vec<SecretKeys>,
    pub(crate) did: Did,
    pub(crate) peer: Option<Did>,
    longs: BTreeMap<Did, Did>,
    pub(crate) received: Vec<Received>,
    pub(crate) answers: Vec<Outcome>,
}

impl Agent {
    fn endpoint(&self) -> Endpoint {
        Endpoint {
            uri: self.url.clone(),
            accept: vec!["didcomm/v2".to_owned()],
            routing_keys: Vec::new(),
            multi_addrs: Vec::new(),
        }
    }

    fn fresh(&mut self, as_peer4: bool, rng: &mut ChaCha8Rng) {
        let endpoints = [self.endpoint()];
        let keys = [
            (Purpose::Authentication, Curve::Ed25519),
            (Purpose::KeyAgreement, self.curve),
        ];
        let made = match as_peer4 {
            true => peer4::create_with(&keys, &endpoints, rng),
            false => peer2::create_with(&keys, &endpoints, rng),
        };
        let (did, keys) = made.expect("a DID of two keys");
        self.did = did;
        self.keys.push(keys);
    }

    fn document(&self, did: &Did) -> Result<Document, ResolveError> {
        match document::resolve(did) {
            Err(error @ ResolveError::NeedsLongForm { .. }) => {
                self.longs.get(did).map_or(Err(error), document::resolve)
            }
            other => other,
        }
    }

    fn secret(&self, kid: &DidUrl) -> Option<&signet_didcomm::SecretKey> {
        self.keys.iter().find_map(|keys| keys.get(kid))
    }

    fn current(&self) -> &SecretKeys {
        self.keys.last().expect("it has a DID")
    }
}

/// What agents of other makes do.
impl World {
    /// An agent with a did:peer:2 and an HTTP endpoint that neither acknowledges nor follows.
    pub fn agent(&mut self, name: &str) -> Stranger {
        self.agent_on(name, Curve::X25519)
    }

    /// As [`World::agent`], with a key for agreement on this curve and no other.
    pub fn agent_on(&mut self, name: &str, curve: Curve) -> Stranger {
        let url = format!("https://{name}.example/inbox");
        let (did, keys) = peer2::create(&[], &mut self.rng);
        let mut agent = Agent {
            name: name.to_owned(),
            url,
            online: true,
            acks: false,
            follows: false,
            curve,
            keys: vec![keys],
            did,
            peer: None,
            longs: BTreeMap::new(),
            received: Vec::new(),
            answers: Vec::new(),
        };
        agent.fresh(false, &mut self.rng);
        self.agents.push(agent);
        Stranger(self.agents.len() - 1)
    }

    /// From here on the agent acknowledges what asks for it.
    pub fn agent_acks(&mut self, agent: Stranger, acks: bool) {
        self.agents[agent.0].acks = acks;
    }

    /// From here on the agent takes `from_prior` for what it is.
    pub fn agent_follows(&mut self, agent: Stranger, follows: bool) {
        self.agents[agent.0].follows = follows;
    }

    /// Turns the agent's endpoint on or off.
    pub fn agent_online(&mut self, agent: Stranger, online: bool) {
        self.agents[agent.0].online = online;
    }

    /// An invitation to the agent.
    pub fn agent_invites(&mut self, agent: Stranger) -> out_of_band::Invitation {
        let id = self.rng.uuid();
        let did = self.agents[agent.0].did.clone();
        let json = json!({
            "type": "https://didcomm.org/out-of-band/2.0/invitation",
            "id": id, "from": did, "body": { "accept": ["didcomm/v2"] }
        });
        let url = format!(
            "https://{}.example/?_oob={}",
            self.agents[agent.0].name,
            base64url(&json.to_string())
        );
        out_of_band::Invitation::from_url(&url)
            .expect("the agent writes invitations that can be read")
    }

    /// The agent writes to whom this invitation is from, with `pthid` if it knows its manners.
    pub fn agent_answers(&mut self, agent: Stranger, url: &str, text: &str, with_pthid: bool) {
        let invitation = out_of_band::Invitation::from_url(url).expect("a readable invitation");
        self.agents[agent.0].peer = Some(invitation.from.clone());
        let mut message = self.basicmessage(text);
        message.pthid = with_pthid.then(|| invitation.id.clone());
        self.agent_sends(agent, message);
    }

    /// The agent writes to the peer it knows.
    pub fn agent_says(&mut self, agent: Stranger, text: &str) {
        let message = self.basicmessage(text);
        self.agent_sends(agent, message);
    }

    /// The agent moves to another DID and says so with these words.
    pub fn agent_rotates(&mut self, agent: Stranger, text: &str) {
        let message = self.basicmessage(text);
        self.agent_rotates_with(agent, message);
    }

    /// The agent moves to another DID and says so with this message.
    pub fn agent_rotates_with(&mut self, agent: Stranger, mut message: Message) {
        let iat = self.now.seconds();
        let this = &mut self.agents[agent.0];
        let prior = this.did.clone();
        this.fresh(true, &mut self.rng);
        let keys = &this.keys[this.keys.len() - 2];
        message.from_prior =
            Some(from_prior::sign(keys, &prior, Some(&this.did), iat).expect("it can sign"));
        self.agent_sends(agent, message);
    }

    /// A text message of the agent's, as yet addressed to nobody.
    pub fn basicmessage(&mut self, text: &str) -> Message {
        let id = self.rng.uuid();
        let mut message = Message::new(id, "https://didcomm.org/basicmessage/2.0/message");
        message.created_time = Some(self.now.seconds());
        message.body.insert("content".to_owned(), json!(text));
        message
    }

    /// Sends any message of the agent's to its peer and yields the envelope.
    pub fn agent_sends(&mut self, agent: Stranger, mut message: Message) -> Vec<u8> {
        let this = &self.agents[agent.0];
        let peer = this.peer.clone().expect("the agent knows a peer");
        let long = this
            .longs
            .get(&peer.short())
            .cloned()
            .unwrap_or_else(|| peer.clone());
        message.from = Some(this.did.clone());
        message.to = vec![peer.clone()];
        let mut document = this.document(&peer).expect("the peer's document is known");
        document.id = peer;
        let bytes =
            authcrypt(&message, this.current(), &document, &mut self.rng).expect("it can pack");
        if let Some((to, inlet)) = self.find_did(agent.0, &long) {
            let reply = Reply {
                to: Host::Agent(agent.0),
                life: 0,
                attempt: AttemptId(0),
                is_forward: false,
            };
            self.carry(Host::Agent(agent.0), to, inlet, bytes.clone(), Some(reply));
        }
        bytes
    }

    /// What the agent received, repeats included.
    pub fn agent_received(&self, agent: Stranger) -> &[Received] {
        &self.agents[agent.0].received
    }

    /// The texts the agent received, repeats included.
    pub fn agent_read(&self, agent: Stranger) -> Vec<String> {
        let received = self.agents[agent.0].received.iter();
        received
            .filter_map(|r| r.message.body.get("content")?.as_str().map(str::to_owned))
            .collect()
    }

    /// The DID that the agent writes from.
    pub fn agent_did(&self, agent: Stranger) -> &Did {
        &self.agents[agent.0].did
    }

    /// The agent's keys, and the DID they belong to.
    pub fn agent_keys(&self, agent: Stranger) -> (SecretKeys, Did) {
        let this = &self.agents[agent.0];
        (this.current().clone(), this.did.clone())
    }

    /// The DID that the agent writes to.
    pub fn agent_peer(&self, agent: Stranger) -> Option<&Did> {
        self.agents[agent.0].peer.as_ref()
    }

    /// What the wires answered to the agent, in the order of arrival.
    pub fn agent_answered(&self, agent: Stranger) -> &[Outcome] {
        &self.agents[agent.0].answers
    }

    pub(crate) fn agent_takes(&mut self, agent: usize, bytes: &[u8]) {
        let this = &self.agents[agent];
        let secret = |kid: &DidUrl| this.secret(kid);
        let document = |did: &Did| this.document(did);
        let opened = unpack(
            bytes,
            &Opening {
                secret: &secret,
                document: &document,
            },
            self.now.seconds(),
        );
        let Ok(unpacked) = opened else { return };
        let (message, prior) = (unpacked.message, unpacked.from_prior);
        let this = &mut self.agents[agent];
        if let Some(from) = &message.from {
            if from.short() != *from {
                this.longs.insert(from.short(), from.clone());
            }
            let follows = this.follows
                && prior
                    .as_ref()
                    .is_some_and(|p| this.peer.as_ref().is_some_and(|q| q.is_same_as(&p.iss)));
            if follows || this.peer.is_none() {
                this.peer = Some(from.clone());
            }
        }
        let acks = this.acks && !message.please_ack.is_empty();
        let id = message.id.clone();
        this.received.push(Received {
            message,
            from_prior: prior,
        });
        if acks {
            let mut ack = Message::new(self.rng.uuid(), "https://didcomm.org/empty/1.0/empty");
            ack.thid = Some(id.clone());
            ack.ack = vec![id];
            self.agent_sends(Stranger(agent), ack);
        }
    }
}

fn base64url(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk
            .iter()
            .enumerate()
            .fold(0_u32, |bits, (i, b)| bits | u32::from(*b) << (16 - 8 * i));
        for i in 0..=chunk.len() {
            encoded.push(char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]));
        }
    }
    encoded
}
