//! What the machine wants of the world, in the transport's words.

use std::collections::VecDeque;

use signet_didcomm::{did::Did, document::Endpoint};
use signet_protocol::{
    entry::Route,
    step::{Deliver, Effect, Outcome, Reach},
};
use signet_transport::{self as transport, Transport, Via};

/// An envelope that a mediator kept.
pub(crate) struct Fetched {
    pub(crate) mediator: Did,
    /// Its id there.
    pub(crate) id: String,
    pub(crate) envelope: Vec<u8>,
}

/// Performs an effect; what is to be opened waits in `fetched`.
pub(crate) fn effect(effect: Effect, transport: &Transport, fetched: &mut VecDeque<Fetched>) {
    match effect {
        Effect::Deliver(deliver) => transport.deliver(attempt(deliver)),
        Effect::Open { mediator, mail } => {
            fetched.extend(mail.into_iter().map(|(id, envelope)| Fetched {
                mediator: mediator.clone(),
                id,
                envelope,
            }));
        }
        Effect::Listen {
            mediator,
            uri,
            envelope,
        } => transport.listen(transport::Listen {
            name: mediator.to_string(),
            uri,
            hello: envelope,
        }),
        Effect::Unlisten { mediator } => transport.unlisten(mediator.as_str()),
        Effect::UseRelays(relays) => {
            let relays: Vec<_> = relays.into_iter().map(endpoint).collect();
            transport.use_relays(&relays);
        }
    }
}

/// What became of an attempt, in the machine's words.
pub(crate) fn outcome_of(outcome: transport::Outcome) -> Outcome {
    match outcome {
        transport::Outcome::Stored(Via::Direct { .. }) => Outcome::Stored(Route::Direct),
        transport::Outcome::Stored(Via::Relayed { .. }) => Outcome::Stored(Route::Relayed),
        transport::Outcome::Stored(Via::Http) => Outcome::Stored(Route::Http),
        transport::Outcome::Stored(Via::Mediator) => Outcome::Stored(Route::Mediator),
        transport::Outcome::Silent => Outcome::Silent,
        transport::Outcome::Later => Outcome::Later,
        transport::Outcome::No => Outcome::No,
        transport::Outcome::Unreachable(_) => Outcome::Unreachable,
    }
}

fn endpoint(endpoint: Endpoint) -> transport::Endpoint {
    transport::Endpoint {
        uri: endpoint.uri,
        multi_addrs: endpoint.multi_addrs,
    }
}

fn attempt(deliver: Deliver) -> transport::Attempt {
    let endpoints = deliver.endpoints.into_iter();
    let forwards = deliver.forwards.into_iter();
    transport::Attempt {
        id: deliver.attempt.0,
        envelope: deliver.envelope.into(),
        endpoints: endpoints.map(endpoint).collect(),
        forwards: forwards
            .map(|forward| transport::Forward {
                uri: forward.uri,
                envelope: forward.envelope.into(),
            })
            .collect(),
        addresses: deliver.addresses,
        reach: match deliver.reach {
            Reach::Anywhere => transport::Reach::Anywhere,
            Reach::Careful => transport::Reach::Careful,
        },
        wants_answer: deliver.wants_answer,
    }
}
