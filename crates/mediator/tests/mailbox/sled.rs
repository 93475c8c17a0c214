//! A folder for one sled mailbox.

use signet_protocol::mediator::Quota;
use signet_store::SledMailbox;
use tempfile::TempDir;

use crate::stage::Stage;

/// A folder that goes with this value.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Stage for Folder {
    type Mailbox = SledMailbox;

    async fn open(&self, quota: Quota) -> SledMailbox {
        SledMailbox::open(self.0.path(), quota).unwrap()
    }
}
