//! How a world is, and how its time passes: bad wires, storms, clocks that jump.

use std::time::Duration;

use signet_protocol::{command::Command, time::Timestamp};

use crate::{
    World,
    dice::Dice,
    person::{Input, Who},
    seeds::Tally,
    wires::Wires,
};

/// A pause this long without anything to do means that all has settled.
const QUIET: Duration = Duration::from_secs(45 * 60);
/// Settling takes no longer than this; what waits for somebody who is gone may wait on.
const SETTLED: Duration = Duration::from_secs(6 * 3600);
/// How long people may crash while all settles.
const STORM: Duration = Duration::from_secs(5 * 60);

/// How bad things are, kept for later.
pub struct Weather {
    wires: Wires,
    crashing: f64,
}

/// How the world is.
impl World {
    /// Envelopes, and answers to them, are lost.
    #[must_use]
    pub fn losing(mut self, probability: f64) -> Self {
        self.wires.lose = probability;
        self
    }

    /// Envelopes arrive twice.
    #[must_use]
    pub fn duplicating(mut self, probability: f64) -> Self {
        self.wires.duplicate = probability;
        self
    }

    /// Envelopes are overtaken.
    #[must_use]
    pub fn reordering(mut self, probability: f64) -> Self {
        self.wires.reorder = probability;
        self
    }

    /// Envelopes take up to this long.
    #[must_use]
    pub fn delaying(mut self, longest: Duration) -> Self {
        self.wires.delay = longest.as_millis() as u64;
        self
    }

    /// So much of what is lost is never even reported: the attempt just ends.
    #[must_use]
    pub fn silent(mut self, probability: f64) -> Self {
        self.wires.silence = probability;
        self
    }

    /// Hops lose what they took custody of.
    #[must_use]
    pub fn forgetting(mut self, probability: f64) -> Self {
        self.wires.forget = probability;
        self
    }

    /// A person crashes around a commit: before it, after it, or between two of its effects.
    #[must_use]
    pub fn crashing(mut self, probability: f64) -> Self {
        self.crashing = probability;
        self
    }

    /// A restored machine is compared only every so many turns of each person, where the state is large.
    #[must_use]
    pub fn checking_every(mut self, turns: u64) -> Self {
        self.scrutiny = turns;
        self
    }

    /// From here on the wires are good.
    pub fn calm(&mut self) {
        self.wires.lose = 0.0;
        self.wires.duplicate = 0.0;
        self.wires.reorder = 0.0;
        self.wires.forget = 0.0;
        self.crashing = 0.0;
    }

    /// Nobody crashes and nothing is lost until [`World::expose`].
    pub fn shelter(&mut self) -> Weather {
        let weather = Weather {
            wires: self.wires.clone(),
            crashing: self.crashing,
        };
        self.calm();
        weather
    }

    /// The weather is as it was.
    pub fn expose(&mut self, weather: Weather) {
        self.wires.lose = weather.wires.lose;
        self.wires.duplicate = weather.wires.duplicate;
        self.wires.reorder = weather.wires.reorder;
        self.wires.forget = weather.wires.forget;
        self.crashing = weather.crashing;
    }

    /// What happened so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The true time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A number of `from..=to`, from the world's seed.
    pub fn any(&mut self, from: u64, to: u64) -> u64 {
        self.rng.between(from, to)
    }
}

/// Time.
impl World {
    /// Lets everything happen until nothing is left to do, or only what waits for somebody gone.
    pub fn settle(&mut self) {
        let (storm, end) = (self.now.after(STORM), self.now.after(SETTLED));
        while let Some(at) = self.next_event() {
            if at > self.now.after(QUIET) || at > end {
                break;
            }
            self.stormy = self.crashing > 0.0 && at <= storm;
            self.happen();
        }
        self.stormy = false;
    }

    /// Lets this much time pass.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        self.stormy = self.crashing > 0.0;
        while self.next_event().is_some_and(|at| at <= end) {
            self.happen();
        }
        self.stormy = false;
        self.now = end;
    }

    /// Lets time pass until this holds; `false` if it still does not after `longest`.
    pub fn until(&mut self, longest: Duration, holds: impl Fn(&World) -> bool) -> bool {
        let end = self.now.after(longest);
        while !holds(self) {
            if self.next_event().is_none_or(|at| at > end) {
                self.now = end;
                return holds(self);
            }
            self.happen();
        }
        true
    }

    /// A person's wall clock jumps forward, as after a long sleep.
    pub fn jump(&mut self, who: Who, by: Duration) {
        self.people[who.0].skew += by.as_millis() as i64;
        self.look_at_the_clock(who);
    }

    /// A person's wall clock jumps back; for the machine time stands until it has caught up.
    pub fn jump_back(&mut self, who: Who, by: Duration) {
        self.people[who.0].skew -= by.as_millis() as i64;
        self.look_at_the_clock(who);
    }

    fn look_at_the_clock(&mut self, who: Who) {
        if self.is_up(who) {
            let peer_id = "12D3KooWnobody".to_owned();
            self.give(
                who.0,
                Input::Command(Command::Opened {
                    peer_id,
                    stands: false,
                }),
            );
        }
    }

    /// A person's own time.
    pub fn time_of(&self, who: Who) -> Timestamp {
        self.people[who.0].told
    }
}
