//! The words in which stories with mediators are told: who joins one, leaves it, and what becomes of
//! the mediator meanwhile.

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use signet_didcomm::{
    did::Did,
    document,
    out_of_band::{self, InvitationError},
};
use signet_protocol::{
    command::{Command, Refused},
    contact::{Contact, Rotation},
    entry::Route,
    mediation::{Mediation, MediationState},
    mediator::{Facts, Question},
};

use crate::{
    World,
    dice::Dice,
    mediator::{Keeper, Post},
    person::Who,
};

/// Spare DIDs that a person keeps registered, of both kinds together.
const SPARES: usize = 8;

/// Mediators come, go and fall.
impl World {
    /// A mediator that serves whoever asks.
    pub fn mediator(&mut self, name: &str) -> Keeper {
        let post = self.post(name);
        self.mediators.push(post);
        Keeper(self.mediators.len() - 1)
    }

    /// One that hosts no invitations, and says that it does not know what is asked.
    pub fn mediator_without_page(&mut self, name: &str) -> Keeper {
        let post = self.post(name).without_page();
        self.mediators.push(post);
        Keeper(self.mediators.len() - 1)
    }

    fn post(&mut self, name: &str) -> Post {
        let rng = ChaCha8Rng::seed_from_u64(self.rng.between(0, u64::MAX - 1));
        Post::new(name, rng)
    }

    /// The power of a mediator goes, and stays away until [`World::mediator_restart`].
    pub fn mediator_crash(&mut self, keeper: Keeper) {
        if self.mediators[keeper.0].is_up {
            self.mediator_falls(keeper.0, false);
        }
    }

    /// It starts again with what it committed.
    pub fn mediator_restart(&mut self, keeper: Keeper) {
        self.mediators[keeper.0].is_up = true;
    }

    /// It starts again with an empty disk: nobody is known, nothing waits.
    pub fn mediator_loses_its_disk(&mut self, keeper: Keeper) {
        self.mediator_crash(keeper);
        self.mediators[keeper.0].lose_disk();
        self.mediator_restart(keeper);
    }
}

/// What people do with mediators.
impl World {
    /// Asks a mediator to keep what others send.
    pub fn join(&mut self, who: Who, keeper: Keeper) {
        self.ask_to_join(who, keeper, None);
    }

    /// Asks a mediator, and leaves another one once it is granted.
    pub fn swap(&mut self, who: Who, old: Keeper, new: Keeper) {
        let old = self.did_of(old);
        self.ask_to_join(who, new, Some(old));
    }

    fn ask_to_join(&mut self, who: Who, keeper: Keeper, replaces: Option<Did>) {
        let invitation = Box::new(self.mediators[keeper.0].invitation());
        let command = Command::AddMediator {
            invitation,
            replaces,
        };
        self.obey(who, command).expect("one may join a mediator");
    }

    /// Leaves a mediator.
    pub fn leave(&mut self, who: Who, keeper: Keeper) {
        let mediator = self.did_of(keeper);
        self.obey(who, Command::RemoveMediator(mediator))
            .expect("one may leave a mediator");
    }

    /// From here on a contact is met by mediators only, or straight again.
    ///
    /// # Errors
    /// As the machine refuses.
    pub fn meet_by_mediators_only(&mut self, who: Who, with: Who, on: bool) -> Result<(), Refused> {
        let contact = self.contact(who, with);
        let command = Command::MediatedOnly { contact, on };
        self.obey(who, command).map(|_| ())
    }

    fn did_of(&self, keeper: Keeper) -> Did {
        self.mediators[keeper.0].mediator.did().clone()
    }
}

/// What can be seen of it.
impl World {
    /// The mediation between these two, if there is one.
    pub fn mediation(&self, who: Who, keeper: Keeper) -> Option<&Mediation> {
        let mediator = self.mediators[keeper.0].mediator.did();
        let machine = self.people[who.0].messenger.as_ref()?;
        machine
            .mediations()
            .find(|mediation| mediation.mediator.is_same_as(mediator))
    }

    /// Whether all is done that follows from the last wish about mediators: each mediation is granted,
    /// every contact knows where to write, and spares are registered.
    pub fn is_served(&self, who: Who) -> bool {
        let Some(machine) = &self.people[who.0].messenger else {
            return false;
        };
        let settled = |c: &Contact| !c.may_write() || !c.is_rotating();
        let reached = machine.contacts().filter(|c| c.may_write()).count();
        machine.contacts().all(settled)
            && machine
                .mediations()
                .filter(|mediation| mediation.state != MediationState::Leaving && !mediation.away)
                .all(|mediation| {
                    let news = machine.mediator_news(&mediation.mediator);
                    mediation.state == MediationState::Granted
                        && news.contacts.len() == reached
                        && news.registered >= SPARES + reached
                })
    }

    /// What is missing until [`World::is_served`], in words.
    pub fn service(&self, who: Who) -> String {
        let Some(machine) = &self.people[who.0].messenger else {
            return "down".to_owned();
        };
        let contacts = machine.contacts().map(|c| match c.rotation {
            Rotation::Settled if c.wants_rotation => format!("{} wants to move", c.id),
            Rotation::Settled => "settled".to_owned(),
            Rotation::Announcing { .. } => format!("announcing to {}", c.id),
        });
        let mediations = machine.mediations().map(|mediation| {
            let news = machine.mediator_news(&mediation.mediator);
            format!("{:?} {news:?}", mediation.state)
        });
        let all: Vec<String> = contacts.chain(mediations).collect();
        all.join("; ")
    }

    /// Contacts who write to this person by the mediator, as far as they know.
    pub fn contacts_by(&self, who: Who, keeper: Keeper) -> usize {
        let machine = self.people[who.0].messenger.as_ref();
        machine.map_or(0, |m| m.mediator_news(&self.did_of(keeper)).contacts.len())
    }

    /// What waits at a mediator, for anybody.
    pub fn waiting_at(&self, keeper: Keeper) -> usize {
        self.mediators[keeper.0].memory.all_waiting()
    }

    /// How many invitations a mediator hosts.
    pub fn hosted_at(&self, keeper: Keeper) -> usize {
        self.mediators[keeper.0].memory.hosted()
    }

    /// The link to an invitation as somebody sees it now.
    pub fn link(&self, who: Who, id: &str) -> String {
        let machine = self.people[who.0].messenger.as_ref();
        let mut invitations = machine.expect("is up").invitations();
        let found = invitations.find(|invitation| invitation.id == id);
        found.expect("one of theirs").link(self.now).to_owned()
    }

    /// What is behind a short link; `None` if it leads nowhere.
    pub fn behind(&self, url: &str) -> Option<out_of_band::Invitation> {
        let Err(InvitationError::Short { id, .. }) = out_of_band::Invitation::from_url(url) else {
            panic!("{url} is not short");
        };
        let question = Question::Hosted(id.parse().ok()?);
        let mut mediators = self.mediators.iter();
        let post = mediators.find(|post| url.starts_with(&post.url) && post.is_up)?;
        match post.memory.find(&question, self.now) {
            Facts::Hosted(Some(json)) => out_of_band::Invitation::from_bytes(&json).ok(),
            _ => None,
        }
    }

    /// Those whom a mediator serves.
    pub fn accounts_at(&self, keeper: Keeper) -> usize {
        self.mediators[keeper.0].memory.accounts()
    }

    /// Whether the DID by which somebody knows another tells an address.
    pub fn names_an_address(&self, who: Who, of: Who) -> bool {
        let document = document::resolve(&self.relation(who, of).their_did);
        let document = document.expect("a long form");
        let mut endpoints = document.endpoints();
        endpoints.any(|endpoint| !endpoint.uri.starts_with("did:"))
    }

    /// Whether somebody was told where another listens now.
    pub fn was_told_where(&self, who: Who, of: Who) -> bool {
        let told = self.relation(who, of).addresses.as_ref();
        let port = format!("/udp/{}/", self.people[of.0].port);
        told.is_some_and(|told| told.multi_addrs.iter().any(|at| at.contains(&port)))
    }

    /// How many envelopes went straight from one to the other.
    pub fn met_straight(&self, from: Who, to: Who) -> u64 {
        let straight = self.wires.straight.get(&(from.0, to.0));
        straight.copied().unwrap_or_default()
    }

    /// By which way an own message went.
    pub fn route(&self, from: Who, to: Who, text: &str) -> Option<Route> {
        self.delivery(from, to, text).route
    }
}
