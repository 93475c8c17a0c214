//! Changes that can be made together.

use signet_didcomm::did::Did;
use signet_protocol::mediator::{Change, Outcome};

use crate::postgres::Role;

/// Changes that stand one behind the other.
#[derive(Debug, PartialEq)]
pub(super) enum Run {
    Grant(Did),
    Move(Did, Did),
    /// Of one account.
    Register(Did, Vec<Did>),
    Keep(&'static str, Vec<u8>),
    /// What happens in one database does not concern another, so each may make its own together.
    Local(Vec<Local>),
}

/// A change that the database of one DID makes by itself.
#[derive(Debug, PartialEq)]
pub(super) struct Local {
    pub(super) role: Role,
    pub(super) did: Did,
    pub(super) change: Change,
    /// What becomes of it if no database has the DID.
    pub(super) nobody: Outcome,
}

/// In order.
pub(super) fn runs(changes: Vec<Change>) -> Vec<Run> {
    let mut runs = Vec::new();
    for change in changes {
        let (role, did, nobody) = match change {
            Change::Grant { account } => {
                runs.push(Run::Grant(account));
                continue;
            }
            Change::Move { from, to } => {
                runs.push(Run::Move(from, to));
                continue;
            }
            Change::Keep { name, value } => {
                runs.push(Run::Keep(name, value));
                continue;
            }
            Change::Register { account, recipient } => {
                match runs.last_mut() {
                    Some(Run::Register(before, recipients)) if before.is_same_as(&account) => {
                        recipients.push(recipient);
                    }
                    _ => runs.push(Run::Register(account, vec![recipient])),
                }
                continue;
            }
            Change::Put(ref mail) => (Role::Recipient, mail.recipient.clone(), Outcome::Refused),
            Change::Forget { ref account } => (Role::Account, account.clone(), Outcome::Unchanged),
            Change::Unregister { ref account, .. }
            | Change::Remove { ref account, .. }
            | Change::Unhost { ref account, .. } => {
                (Role::Account, account.clone(), Outcome::Refused)
            }
            Change::Host(ref hosted) => (Role::Account, hosted.account.clone(), Outcome::Refused),
        };
        let local = Local {
            role,
            did,
            change,
            nobody,
        };
        match runs.last_mut() {
            Some(Run::Local(locals)) => locals.push(local),
            _ => runs.push(Run::Local(vec![local])),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use super::*;

    fn did(name: &str) -> Did {
        Did::parse(&format!("did:example:{name}")).unwrap()
    }

    fn register(account: &str, recipient: &str) -> Change {
        Change::Register {
            account: did(account),
            recipient: did(recipient),
        }
    }

    fn forget(account: &str) -> Change {
        Change::Forget {
            account: did(account),
        }
    }

    #[test]
    fn what_gives_a_did_away_stands_between_what_does_not() {
        let changes = vec![
            forget("a"),
            forget("b"),
            register("c", "1"),
            register("c", "2"),
            register("d", "3"),
            forget("c"),
        ];

        let runs = runs(changes);

        let [Run::Local(first), rest @ .., Run::Local(last)] = runs.as_slice() else {
            panic!("{runs:?}");
        };
        assert_eq!([first.len(), last.len()], [2, 1]);
        let ones_and_twos = Run::Register(did("c"), vec![did("1"), did("2")]);
        let three = Run::Register(did("d"), vec![did("3")]);
        assert_eq!(rest, [ones_and_twos, three]);
    }
}
