//! Settings: the node's own small things, such as its transport key and its ports.

use std::borrow::Cow;

use serde_bytes::Bytes;

use crate::{
    record::Record,
    store::{CommitError, ReadError, Store},
    view::key,
};

impl Store {
    /// The value last set under this name.
    ///
    /// # Errors
    /// [`ReadError`] if the view fails.
    pub fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.read(|reader| {
            let value = reader.get(&key::setting(&reader.keys().names, name))?;
            Ok(value.map(|value| value.to_vec()))
        })
    }

    /// Sets a value, as durably as any commit.
    ///
    /// # Errors
    /// [`CommitError`], as for [`Store::commit`].
    pub fn set_setting(&self, name: &str, value: &[u8]) -> Result<(), CommitError> {
        self.commit_record(Record::Setting {
            key: Cow::Borrowed(name),
            value: Cow::Borrowed(Bytes::new(value)),
        })
    }
}
