//! What a mediator tells of what it speaks: the same to everybody who asks.

use rand_core::CryptoRng;
use signet_didcomm::{
    discover_features::{Feature, Query, disclose},
    envelope::MAX_ENVELOPE,
};

/// Every protocol that is spoken, and the roles taken.
const PROTOCOLS: [(&str, &[&str]); 9] = [
    (
        "https://didcomm.org/coordinate-mediation/2.0",
        &["mediator"],
    ),
    (
        "https://didcomm.org/coordinate-mediation/3.0",
        &["mediator"],
    ),
    ("https://didcomm.org/discover-features/2.0", &["responder"]),
    ("https://didcomm.org/empty/1.0", &[]),
    ("https://didcomm.org/message-pickup/4.0", &["mediator"]),
    ("https://didcomm.org/messagepickup/3.0", &["mediator"]),
    ("https://didcomm.org/report-problem/2.0", &[]),
    ("https://didcomm.org/routing/2.0", &["mediator"]),
    ("https://didcomm.org/trust-ping/2.0", &["receiver"]),
];

/// Spoken besides by a mediator that has a page.
const HOSTING: (&str, &[&str]) = ("https://didcomm.org/shorten-url/1.0", &["url-shortener"]);

/// The answer to these queries.
pub(super) fn told(queries: &[Query], is_host: bool, rng: &mut impl CryptoRng) -> Vec<Feature> {
    let known: Vec<Feature> = PROTOCOLS
        .iter()
        .chain(is_host.then_some(&HOSTING))
        .map(|(id, roles)| Feature::protocol(id, roles))
        .chain([Feature::max_receive_bytes(MAX_ENVELOPE as u64)])
        .collect();
    disclose(queries, &known, rng)
}

#[cfg(test)]
mod tests {
    use signet_didcomm::{
        coordinate_mediation, discover_features, empty, message::MessageType, message_pickup,
        report_problem, routing, shorten_url, trust_ping,
    };

    use super::*;

    #[test]
    fn what_is_told_is_what_is_spoken() {
        let spoken = [
            coordinate_mediation::V2.mediate_request,
            coordinate_mediation::V3.mediate_request,
            discover_features::QUERIES,
            empty::EMPTY,
            message_pickup::V4.status_request,
            message_pickup::V3.status_request,
            report_problem::PROBLEM_REPORT,
            routing::FORWARD,
            trust_ping::PING,
            shorten_url::REQUEST,
        ];

        let told = PROTOCOLS.iter().chain([&HOSTING]);
        assert_eq!(told.clone().count(), spoken.len());
        for ((id, _), type_) in told.zip(spoken) {
            let name = MessageType::parse(type_).unwrap().name;
            assert_eq!(format!("{id}/{name}"), type_);
        }
    }
}
