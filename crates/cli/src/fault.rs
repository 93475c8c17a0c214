//! What went wrong, and the status that says so.

use std::process::ExitCode;

use signet_node::{ViewError, rpc::RpcError};

/// One sentence, and whether the command was used wrongly.
#[derive(Debug)]
pub struct Fault {
    sentence: String,
    is_usage: bool,
}

impl Fault {
    /// Refused, or failed: status 1.
    pub fn failed(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            is_usage: false,
        }
    }

    /// Wrong usage: status 2.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            is_usage: true,
        }
    }

    /// Says it on stderr and yields the status.
    pub fn tell(&self) -> ExitCode {
        eprintln!("signet: {}", signet_transcript::one_line(&self.sentence));
        ExitCode::from(if self.is_usage { 2 } else { 1 })
    }
}

impl From<RpcError> for Fault {
    fn from(error: RpcError) -> Self {
        let is_usage = matches!(error.code, RpcError::PARAMS | RpcError::UNKNOWN);
        Self {
            sentence: error.message,
            is_usage,
        }
    }
}

impl From<ViewError> for Fault {
    fn from(error: ViewError) -> Self {
        Self::failed(error.sentence)
    }
}
