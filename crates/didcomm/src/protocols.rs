//! One file per DIDComm protocol: its type URIs, how its messages are written, and how they are
//! read from agents that follow it loosely.

pub mod basicmessage;
mod body;
pub mod coordinate_mediation;
pub mod discover_features;
pub mod empty;
pub mod media_sharing;
pub mod message_pickup;
pub mod out_of_band;
pub mod reactions;
pub mod receipts;
pub mod report_problem;
pub mod return_route;
pub mod routing;
pub mod shorten_url;
pub mod trust_ping;
pub mod user_profile;
pub mod v1;
mod wildcard;
