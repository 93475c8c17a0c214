//! What the database's refusals mean for who asked.

use std::{error::Error, io};

use deadpool_postgres::PoolError;
use signet_protocol::mediator::MailboxError;
use tokio_postgres::error::SqlState;

/// Why a transaction was not made.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another one was in its way: it may be tried again at once.
    Conflict(String),
    /// It is over.
    Mailbox(MailboxError),
}

impl Failure {
    /// What it means once nobody tries again.
    pub(super) fn last(self) -> MailboxError {
        match self {
            Self::Conflict(text) => MailboxError::Away(text),
            Self::Mailbox(error) => error,
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            let text = error.to_string();
            return Self::Mailbox(match is_lost(&error) {
                true => MailboxError::Away(text),
                false => MailboxError::Broken(text),
            });
        };
        // Its detail may quote what is stored.
        let text = format!("{} ({})", refusal.message(), refusal.code().code());
        let code = refusal.code();
        if [
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ]
        .contains(code)
        {
            return Self::Conflict(text);
        }
        Self::Mailbox(match is_passing(code) {
            _ if *code == SqlState::DISK_FULL => MailboxError::Full,
            true => MailboxError::Away(text),
            false => MailboxError::Broken(text),
        })
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => {
                Self::Mailbox(MailboxError::Away("no connection became free".into()))
            }
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                Self::Mailbox(MailboxError::Broken(error.to_string()))
            }
        }
    }
}

/// Restarts, overload and a standby that took over pass; the classes are those of the manual's
/// appendix "PostgreSQL Error Codes".
fn is_passing(code: &SqlState) -> bool {
    let text = code.code();
    let is_of_class = |class: &str| text.starts_with(class);
    is_of_class("08")
        || is_of_class("40")
        || is_of_class("53")
        || is_of_class("57")
        || *code == SqlState::LOCK_NOT_AVAILABLE
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

/// The connection went, or did not come to be.
fn is_lost(error: &tokio_postgres::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(inner) = cause {
        if inner.is::<io::Error>() {
            return true;
        }
        cause = inner.source();
    }
    error.is_closed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_somebody_has_to_look_into() {
        for code in [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::QUERY_CANCELED,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::CONNECTION_FAILURE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ] {
            assert!(is_passing(&code), "{code:?}");
        }
        for code in [
            SqlState::UNDEFINED_TABLE,
            SqlState::INVALID_PASSWORD,
            SqlState::UNIQUE_VIOLATION,
            SqlState::DATA_CORRUPTED,
        ] {
            assert!(!is_passing(&code), "{code:?}");
        }
    }
}
