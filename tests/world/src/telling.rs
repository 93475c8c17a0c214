//! The story told aloud, when one seed is looked at: what each person remembers and does, by the
//! world's clock.

use signet_didcomm::did::Did;
use signet_protocol::change::Change;

use crate::{World, world::BEGINNING};

impl World {
    /// Tells what happens, when one seed is looked at.
    pub(crate) fn tell(&self, who: usize, what: impl FnOnce() -> String) {
        if self.aloud {
            let name = self.people.get(who).map_or("?", |p| p.name.as_str());
            let time = self.now.0 - BEGINNING.0;
            println!(
                "{:>8}.{:03} {name:>8}: {}",
                time / 1000,
                time % 1000,
                what()
            );
        }
    }
}

/// A change in one line.
pub(crate) fn brief(change: &Change) -> String {
    match change {
        Change::Profile(profile) => format!("the profile {:?}", profile.name),
        Change::Contact(c) => format!(
            "the contact {:?}, mine {:?}, theirs {:?}, {}{}",
            c.state,
            tail(&c.my_did),
            tail(&c.their_did),
            if c.rotation == signet_protocol::contact::Rotation::Settled {
                "settled"
            } else {
                "announcing"
            },
            if c.wants_rotation {
                ", wants another"
            } else {
                ""
            }
        ),
        Change::Progress { progress, .. } => format!("{progress:?}"),
        Change::ContactDeleted(_) => "that a contact goes".to_owned(),
        Change::Identity(identity) => format!("the identity {:?}", tail(&identity.did)),
        Change::IdentityDestroyed(did) => format!("that {:?} dies", tail(did)),
        Change::Invitation(invitation) => format!("the invitation {:?}", invitation.state),
        Change::Outgoing(o) => {
            format!(
                "outgoing {} {:?} order {:?} custody {:?}",
                o.message.id, o.purpose, o.order, o.custody
            )
        }
        Change::OutgoingDone { id, .. } => format!("that {id} is done"),
        Change::Early(early) => format!("early {} {}", early.order, early.entry.id),
        Change::EarlyPlaced { order, .. } => format!("that early {order} is placed"),
        Change::Entry(entry) => {
            format!("entry {} {:?} {:?}", entry.seq, entry.direction, entry.kind)
        }
        Change::EntryDelivery { id, delivery, .. } => format!(
            "that {id} is {:?} (try {})",
            delivery.state, delivery.attempt
        ),
        Change::Seen { id, .. } => format!("that {id} was seen"),
        Change::Mediation(m) => format!("the mediation {:?} by {:?}", m.state, tail(&m.mediator)),
        Change::MediationRemoved(mediator) => format!("that {:?} serves no more", tail(mediator)),
        Change::Registered { did, .. } => format!("that a mediator knows {:?}", tail(did)),
        Change::Unregistered { did, .. } => format!("that a mediator forgot {:?}", tail(did)),
    }
}

fn tail(did: &Did) -> String {
    let short = did.short();
    short
        .as_str()
        .chars()
        .rev()
        .take(6)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}
