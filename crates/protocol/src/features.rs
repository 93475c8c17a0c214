//! What others may learn of what we speak: contacts our protocols and the limit of an envelope,
//! everybody else nothing, not even that we heard the question.

use rand_core::CryptoRng;
use signet_didcomm::{
    discover_features::{Feature, Query, disclose},
    envelope::MAX_ENVELOPE,
};

use crate::contact::ContactState;

/// Every protocol we read and write, and the roles we take.
const PROTOCOLS: [(&str, &[&str]); 8] = [
    (
        "https://didcomm.org/basicmessage/2.0",
        &["sender", "receiver"],
    ),
    (
        "https://didcomm.org/discover-features/2.0",
        &["requester", "responder"],
    ),
    ("https://didcomm.org/empty/1.0", &[]),
    (
        "https://didcomm.org/out-of-band/2.0",
        &["sender", "receiver"],
    ),
    ("https://didcomm.org/report-problem/2.0", &[]),
    (
        "https://didcomm.org/trust-ping/2.0",
        &["sender", "receiver"],
    ),
    (
        "https://didcomm.org/user-profile/1.0",
        &["sender", "receiver"],
    ),
    ("https://signet.chat/protocols/addresses/1.0", &[]),
];

/// The answer to a contact in this state; `None` if it gets none. It holds a feature at most
/// once, so it is bounded however much is asked.
pub(crate) fn told(
    state: ContactState,
    queries: &[Query],
    rng: &mut impl CryptoRng,
) -> Option<Vec<Feature>> {
    match state {
        ContactState::Connected | ContactState::NotFollowing => {}
        ContactState::Requested
        | ContactState::Answering
        | ContactState::Disputed
        | ContactState::Ended
        | ContactState::Blocked => return None,
    }
    let protocols = PROTOCOLS.iter();
    let known: Vec<Feature> = protocols
        .map(|(id, roles)| Feature::protocol(id, roles))
        .chain([Feature::max_receive_bytes(MAX_ENVELOPE as u64)])
        .collect();
    Some(disclose(queries, &known, rng))
}

#[cfg(test)]
mod tests {
    use signet_didcomm::{
        basicmessage, discover_features, empty, message::MessageType, out_of_band, report_problem,
        trust_ping, user_profile,
    };

    use super::*;
    use crate::addresses;

    #[test]
    fn what_is_told_is_what_we_speak() {
        let spoken = [
            basicmessage::MESSAGE,
            discover_features::QUERIES,
            empty::EMPTY,
            out_of_band::INVITATION,
            report_problem::PROBLEM_REPORT,
            trust_ping::PING,
            user_profile::PROFILE,
            addresses::MESSAGE_TYPE,
        ];

        assert_eq!(PROTOCOLS.len(), spoken.len());
        for ((id, _), type_) in PROTOCOLS.iter().zip(spoken) {
            let name = MessageType::parse(type_).unwrap().name;
            assert_eq!(format!("{id}/{name}"), type_);
        }
    }
}
