//! Exporting: pages of history stream through a writer into a file that appears when it is whole.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use signet_protocol::contact::{Contact, ContactId};
use signet_store::Store;
use signet_transcript::{Conversation, Format, Header, Writer};

use crate::{
    Node,
    view::{self, ViewError},
};

/// Entries held in memory at once.
const PAGE: usize = 256;

impl Node {
    /// Writes one conversation, or all, as a file. The export is not encrypted.
    ///
    /// # Errors
    /// One sentence; then no file of this name was made or changed.
    pub async fn export(
        &self,
        contact: Option<ContactId>,
        format: Format,
        path: &Path,
    ) -> Result<view::ExportDone, ViewError> {
        let path = std::path::absolute(path).map_err(ViewError::new)?;
        let name = self
            .look(|look| look.machine.profile().name.clone())
            .await?;
        let mut contacts: Vec<Contact> = self.names().await?.into_values().collect();
        contacts.retain(|known| contact.is_none_or(|asked| asked == known.id));
        if contact.is_some() && contacts.is_empty() {
            return Err(ViewError::new("there is no such contact"));
        }
        let header = Header {
            my_name: name,
            exported: crate::clock::system(),
        };
        self.history_of(move |store| {
            let part = part_of(&path);
            let failed = |error: std::io::Error| cannot(&path, &error);
            let written =
                write(store, &header, &contacts, format, &part, &failed).and_then(|entries| {
                    fs::rename(&part, &path).map_err(failed)?;
                    Ok(view::ExportDone {
                        entries,
                        path: path.display().to_string(),
                    })
                });
            if written.is_err() {
                let _ = fs::remove_file(&part);
            }
            written
        })
        .await
    }
}

fn write(
    store: &Store,
    header: &Header,
    contacts: &[Contact],
    format: Format,
    part: &Path,
    failed: &impl Fn(std::io::Error) -> ViewError,
) -> Result<u64, ViewError> {
    let file = File::create(part).map_err(failed)?;
    let mut writer = Writer::new(format, BufWriter::new(file), header).map_err(failed)?;
    for contact in contacts {
        writer
            .conversation(&Conversation::from(contact))
            .map_err(failed)?;
        let mut after = 0;
        loop {
            // Pages go forwards: `history` counts back from the end of each.
            let page = store
                .history(contact.id, Some(after + PAGE as u64 + 1), PAGE)
                .map_err(ViewError::new)?;
            let page: Vec<_> = page.into_iter().filter(|entry| entry.seq > after).collect();
            let Some(last) = page.last().map(|entry| entry.seq) else {
                break;
            };
            for entry in &page {
                writer.entry(entry).map_err(failed)?;
            }
            after = last;
        }
    }
    let (mut out, entries) = writer.finish().map_err(failed)?;
    out.flush().map_err(failed)?;
    out.get_ref().sync_all().map_err(failed)?;
    Ok(entries)
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

fn cannot(path: &Path, error: &std::io::Error) -> ViewError {
    ViewError::new(format!(
        "the file {} cannot be written: {error}",
        path.display()
    ))
}
