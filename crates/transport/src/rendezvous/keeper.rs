//! The task that keeps us registered where we have a place.

use super::{Meetings, ask, plan::Plan};
use crate::swarm::Network;
use libp2p::identity::Keypair;
use libp2p_stream::Control;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, sleep_until};

/// Pause after each question: hundreds of contacts are no reason to hurry a relay.
const PACE: Duration = Duration::from_millis(200);

pub(crate) struct Keeper {
    pub(crate) keypair: Keypair,
    pub(crate) control: Control,
    pub(crate) network: Arc<Network>,
    pub(crate) meetings: Arc<Meetings>,
}

impl Keeper {
    pub(crate) async fn run(mut self) {
        let mut standing = self.network.standing();
        let mut meetings = self.meetings.all();
        let mut plan = Plan::default();
        loop {
            plan.stands(&standing.borrow_and_update().clone(), &self.keypair);
            plan.meets(&meetings.borrow_and_update().clone());
            if let Some((relay, request)) = plan.next(Instant::now()) {
                let answer = ask(&mut self.control, relay, &request).await;
                tracing::debug!(is_refused = ?answer.as_ref().err(), "a rendezvous point was asked");
                plan.answered(&relay, &request, &answer, Instant::now());
                sleep(PACE).await;
                continue;
            }
            let wakes = plan.wakes(Instant::now());
            tokio::select! {
                Ok(()) = standing.changed() => {}
                Ok(()) = meetings.changed() => {}
                () = sleep_until(wakes.unwrap_or_else(Instant::now)), if wakes.is_some() => {}
                // Whoever could say anything has ended.
                else => return,
            }
        }
    }
}
