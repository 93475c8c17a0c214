//! The one loop: input → step → commit → answer → perform → tell → settle.
//!
//! Nobody is answered and nothing is sent before the commit that it rests on; and because the
//! loop takes no input while a commit runs, whatever it reads is committed. Inputs that arrive
//! meanwhile share the next commit. The view follows when everybody has been answered and nobody
//! came for a while. The loop blocks while it commits, so it has a thread of its own.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::ready,
    sync::Arc,
    time::Duration,
};

use rand::rngs::StdRng;
use signet_didcomm::did::Did;
use signet_protocol::{
    Change, Messenger, Rejected, Step, Verdict,
    command::{Answer, Command, Refused},
    contact::ContactId,
    entry::Kind,
    step::{AttemptId, Report},
};
use signet_store::{CommitError, Debt, Store};
use signet_transport::{self as transport, InboundId, Transport};
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};

use crate::{
    clock::Clock,
    event::{self, Event, Shown},
    perform::{self, Fetched},
    reach,
    rendezvous::Rendezvous,
    view::ViewError,
};

/// Inputs that share one commit.
const GROUP: usize = 256;
/// Wake-ups that share one commit; each packs at most 16 envelopes.
const WAKES: usize = 8;
/// How long a commit that nobody waits for waits for company.
const LINGER: Duration = Duration::from_millis(5);
/// How long the view stays behind at most.
const BEHIND: Duration = Duration::from_millis(100);

/// A look at what is committed.
pub(crate) type Ask = Box<dyn FnOnce(&Look) + Send>;
/// Where to say what came of a wish.
pub(crate) type Reply = oneshot::Sender<Result<Answer, ViewError>>;

/// What comes to the loop from this side; the other side's events come from the transport.
pub(crate) enum Input {
    /// A wish, and where to say what came of it.
    Command(Command, Reply),
    /// A wish to send under an id that may have been used for this very message.
    Repeated(Command, Reply),
    /// A look at what is committed.
    Ask(Ask),
    /// End.
    Stop(oneshot::Sender<()>),
}

/// What a look sees.
pub(crate) struct Look<'a> {
    pub(crate) machine: &'a Messenger,
    /// Set unless we are offline by wish.
    pub(crate) transport: Option<&'a Transport>,
    /// PeerIds of those with whom a connection stands.
    pub(crate) peers: &'a BTreeSet<String>,
    /// Those of them with whom all goes through relays.
    pub(crate) relayed: &'a BTreeSet<String>,
}

/// Everything the loop holds.
pub(crate) struct Run {
    pub(crate) machine: Messenger,
    pub(crate) store: Arc<Store>,
    /// Set unless we are offline by wish; then nothing is tried either.
    pub(crate) transport: Option<Transport>,
    pub(crate) arrivals: mpsc::Receiver<transport::Event>,
    pub(crate) inputs: mpsc::Receiver<Input>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) clock: Clock,
    pub(crate) rng: StdRng,
    pub(crate) reachable: reach::Reachable,
    pub(crate) rendezvous: Rendezvous,
    /// The contacts as they were last told of.
    pub(crate) shown: Shown,
    /// When the view is settled, if it is owed something.
    pub(crate) settle_at: Option<Instant>,
    /// Fetched from mediators, and not yet opened.
    pub(crate) fetched: VecDeque<Fetched>,
}

/// What one commit carries, and what waits for it.
#[derive(Default)]
struct Group {
    step: Step,
    /// Repeats within the group: history does not know them yet.
    seen: BTreeSet<(ContactId, String)>,
    /// Texts sent within the group, likewise.
    sent: BTreeMap<(ContactId, String), String>,
    answers: Vec<(InboundId, transport::Answer)>,
    /// Envelopes that a mediator need keep no longer.
    received: Vec<(Did, String)>,
    replies: Vec<(Reply, Result<Answer, ViewError>)>,
    asks: Vec<Ask>,
    notices: Vec<Event>,
    stop: Option<oneshot::Sender<()>>,
}

impl Run {
    /// Runs until it is stopped, or until a commit fails.
    pub(crate) async fn run(mut self) -> Result<(), ViewError> {
        loop {
            let mut group = Group::default();
            let wait = self.next_wake();
            let settle_at = self.settle_at;
            tokio::select! {
                Some(arrival) = self.arrivals.recv() => self.arrive(arrival, &mut group),
                input = self.inputs.recv() => match input {
                    Some(input) => self.take(input, &mut group),
                    None => return Ok(()),
                },
                () = sleep_until(settle_at.unwrap_or_else(Instant::now)), if settle_at.is_some() => {
                    self.settle();
                    continue;
                }
                () = sleep_until(self.rendezvous.next()), if self.transport.is_some() => {
                    self.meet();
                    continue;
                }
                () = ready(()), if !self.fetched.is_empty() => self.open_fetched(&mut group),
                () = sleep(wait) => {}
            }
            self.gather(&mut group);
            if group.nobody_waits() {
                self.linger(&mut group).await;
            }
            if let Err(error) = self.commit(&group) {
                return Err(self.fail(error, group));
            }
            let stopped = self.finish(group);
            match self.store.debt() {
                Debt::None => self.settle_at = None,
                Debt::MayWait => {
                    self.settle_at.get_or_insert(Instant::now() + BEHIND);
                }
                Debt::Presses => self.settle(),
            }
            if let Some(stopped) = stopped {
                if let Some(transport) = self.transport {
                    transport.stop().await;
                }
                drop(self.store);
                let _ = stopped.send(());
                return Ok(());
            }
        }
    }

    fn next_wake(&mut self) -> Duration {
        let now = self.clock.now();
        let due = self.machine.next_wake();
        due.filter(|_| self.transport.is_some())
            .map_or(Duration::from_secs(3600), |at| at.since(now))
    }

    fn meet(&mut self) {
        let now = self.clock.now();
        if let Some(transport) = &self.transport {
            self.rendezvous.look(&self.machine, transport, now);
        }
    }

    fn settle(&mut self) {
        self.store.settle();
        self.settle_at = None;
    }

    fn gather(&mut self, group: &mut Group) {
        self.take_what_waits(group);
        self.wake(group);
    }

    /// A hop's answer is mostly followed by the contact's acknowledgement: they share a commit.
    async fn linger(&mut self, group: &mut Group) {
        tokio::select! {
            Some(arrival) = self.arrivals.recv() => self.arrive(arrival, group),
            Some(input) = self.inputs.recv() => self.take(input, group),
            () = sleep(LINGER) => return,
        }
        self.gather(group);
    }

    fn take_what_waits(&mut self, group: &mut Group) {
        for _ in 0..GROUP {
            if let Ok(arrival) = self.arrivals.try_recv() {
                self.arrive(arrival, group);
            } else if let Ok(input) = self.inputs.try_recv() {
                self.take(input, group);
            } else {
                return;
            }
        }
    }

    fn arrive(&mut self, arrival: transport::Event, group: &mut Group) {
        match arrival {
            transport::Event::Envelope {
                inbound,
                bytes,
                via: _,
            } => {
                let answer = match self.receive(&bytes, group) {
                    Ok(()) => transport::Answer::Stored,
                    Err(rejected) => {
                        tracing::debug!(%rejected, "an envelope was turned away");
                        match rejected.verdict() {
                            Verdict::Later => transport::Answer::Later,
                            Verdict::No => transport::Answer::No,
                        }
                    }
                };
                group.answers.push((inbound, answer));
            }
            transport::Event::Attempt { id, outcome } => {
                let report = Report {
                    attempt: AttemptId(id),
                    outcome: perform::outcome_of(outcome),
                };
                let now = self.clock.now();
                let step = self.machine.handle_report(report, now, &mut self.rng);
                group.add(step);
            }
            transport::Event::Reachable(reachable) => {
                let endpoints = self.reachable.update(&reachable);
                self.obey(Command::Reachable(endpoints), group);
                group.notices.push(Event::of("network.state"));
            }
            transport::Event::Peer { peer_id, connected } => {
                self.reachable.peer(&peer_id, connected);
                if connected {
                    let stands = true;
                    self.obey(Command::Opened { peer_id, stands }, group);
                }
                group.notices.push(Event::of("network.state"));
            }
            transport::Event::Relayed { peer_id, relayed } => {
                self.reachable.relayed(&peer_id, relayed);
                group.notices.push(Event::of("network.state"));
            }
            transport::Event::Live { name, is_open } => {
                if let Ok(mediator) = Did::parse(&name) {
                    self.obey(Command::Live { mediator, is_open }, group);
                }
            }
            transport::Event::Found {
                peer_id,
                addresses: _,
            } => {
                let stands = false;
                self.obey(Command::Opened { peer_id, stands }, group);
            }
        }
    }

    fn take(&mut self, input: Input, group: &mut Group) {
        match input {
            Input::Command(command, reply) => {
                let answer = self.command(command, group).map_err(ViewError::new);
                group.replies.push((reply, answer));
            }
            Input::Repeated(command, reply) => {
                let answer = self.send_once(command, group);
                group.replies.push((reply, answer));
            }
            Input::Ask(ask) => group.asks.push(ask),
            Input::Stop(stopped) => group.stop = Some(stopped),
        }
    }

    /// Opens some of what was fetched. What is refused need not be kept there either: what there is no room
    /// for would stand before all that comes after it, and its sender hears that it did not arrive.
    fn open_fetched(&mut self, group: &mut Group) {
        for _ in 0..GROUP {
            let Some(fetched) = self.fetched.pop_front() else {
                return;
            };
            if let Err(rejected) = self.receive(&fetched.envelope, group) {
                tracing::debug!(%rejected, "a fetched envelope was turned away");
            }
            group.received.push((fetched.mediator, fetched.id));
        }
    }

    /// Opens an envelope, asks history what it knows of it, and hands both to the machine.
    fn receive(&mut self, bytes: &[u8], group: &mut Group) -> Result<(), Rejected> {
        let now = self.clock.now();
        let opened = self.machine.open(bytes, now)?;
        let seen = opened.asks().is_some_and(|(contact, id)| {
            group.seen.contains(&(contact, id.to_owned()))
                || self.store.seen(contact, id).unwrap_or(false)
        });
        let step = self.machine.handle_message(
            opened,
            signet_protocol::Facts { seen },
            now,
            &mut self.rng,
        )?;
        group.add(step);
        Ok(())
    }

    /// To send a message that is in the conversation already is done.
    fn send_once(&mut self, command: Command, group: &mut Group) -> Result<Answer, ViewError> {
        let Command::Send {
            id, contact, text, ..
        } = &command
        else {
            return self.command(command, group).map_err(ViewError::new);
        };
        let (message, text) = ((*contact, id.clone()), text.clone());
        let before = match group.sent.get(&message) {
            Some(before) => Some(before.clone()),
            None => self.text_of(&message)?,
        };
        match before {
            Some(before) if before == text => Ok(Answer::Done),
            Some(_) => Err(ViewError::new("a message with this id was already written")),
            None => {
                let answer = self.command(command, group).map_err(ViewError::new)?;
                group.sent.insert(message, text);
                Ok(answer)
            }
        }
    }

    /// The text of an entry; a line of ours has an empty one.
    fn text_of(&self, (contact, id): &(ContactId, String)) -> Result<Option<String>, ViewError> {
        let entry = self.store.entry(*contact, id).map_err(ViewError::new)?;
        Ok(entry.map(|entry| match entry.kind {
            Kind::Message { text, .. } => text,
            Kind::Line(_) => String::new(),
        }))
    }

    fn command(&mut self, command: Command, group: &mut Group) -> Result<Answer, Refused> {
        let now = self.clock.now();
        let is_leaving = matches!(command, Command::RemoveMediator(_));
        let (step, answer) = self.machine.handle_command(command, now, &mut self.rng)?;
        group.add(step);
        // Who is connected can do without a mediator, and has to be told while they are.
        if is_leaving {
            for peer_id in self.reachable.peers.clone() {
                let stands = true;
                self.obey(Command::Opened { peer_id, stands }, group);
            }
        }
        Ok(answer)
    }

    fn obey(&mut self, command: Command, group: &mut Group) {
        if let Err(refused) = self.command(command, group) {
            tracing::debug!(%refused, "a wish of the node was refused");
        }
    }

    fn wake(&mut self, group: &mut Group) {
        if self.transport.is_none() {
            return;
        }
        for _ in 0..WAKES {
            let now = self.clock.now();
            if self.machine.next_wake().is_none_or(|at| at > now) {
                return;
            }
            let step = self.machine.wake(now, &mut self.rng);
            group.add(step);
        }
    }

    fn commit(&self, group: &Group) -> Result<(), CommitError> {
        if group.step.changes.is_empty() {
            return Ok(());
        }
        self.store.commit(&group.step.changes)
    }

    /// After the commit: effects, replies, notices, answers, looks. A hop waits for its answer
    /// with nobody looking on, so it comes behind those that somebody sees.
    fn finish(&mut self, group: Group) -> Option<oneshot::Sender<()>> {
        if let Some(transport) = &self.transport {
            for effect in group.step.effects {
                perform::effect(effect, transport, &mut self.fetched);
            }
        }
        for (mediator, id) in group.received {
            // Nothing of it is to be kept.
            let (now, ids) = (self.clock.now(), vec![id]);
            let received = Command::Received { mediator, ids };
            let _ = self.machine.handle_command(received, now, &mut self.rng);
        }
        for (reply, answer) in group.replies {
            let _ = reply.send(answer);
        }
        if let Some(transport) = &self.transport {
            reach::acquaint_with(transport, &group.step.changes);
            self.rendezvous.heed(&group.step.changes);
        }
        let notices = event::of_changes(&group.step.changes, &mut self.shown, &self.machine);
        for event in notices.into_iter().chain(group.notices) {
            let _ = self.events.send(event);
        }
        if let Some(transport) = &self.transport {
            for (inbound, answer) in group.answers {
                transport.answer(inbound, answer);
            }
        }
        for ask in group.asks {
            ask(&Look {
                machine: &self.machine,
                transport: self.transport.as_ref(),
                peers: &self.reachable.peers,
                relayed: &self.reachable.relayed,
            });
        }
        group.stop
    }

    /// Memory must not outlive disk: the node ends, and says why.
    fn fail(&mut self, error: CommitError, group: Group) -> ViewError {
        tracing::error!(%error, "a commit failed");
        if let Some(transport) = &self.transport {
            for (inbound, _) in group.answers {
                transport.answer(inbound, transport::Answer::Later);
            }
        }
        let sentence = match error {
            CommitError::Full => "The disk is full. Signet has stopped, so that nothing is half-saved. Free some space, then start it again.".into(),
            other => format!("Signet has stopped, because its store cannot be written: {other}."),
        };
        let _ = self.events.send(Event {
            sentence: Some(sentence.clone()),
            ..Event::of("node.stopped")
        });
        ViewError { sentence }
    }
}

impl Group {
    /// There is something to remember, and neither anybody nor anything waits for it.
    fn nobody_waits(&self) -> bool {
        !self.step.changes.is_empty()
            && self.step.effects.is_empty()
            && self.answers.is_empty()
            && self.received.is_empty()
            && self.replies.is_empty()
            && self.asks.is_empty()
            && self.stop.is_none()
    }

    fn add(&mut self, step: Step) {
        for change in &step.changes {
            if let Change::Seen { contact, id, .. } = change {
                self.seen.insert((*contact, id.clone()));
            }
        }
        self.step.changes.extend(step.changes);
        self.step.effects.extend(step.effects);
    }
}
