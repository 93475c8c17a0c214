//! The writer: hands each piece to its format and keeps what one line needs of the one before.

use std::io::{self, Write};

use signet_protocol::entry::{Direction, Entry};

use crate::{Conversation, Format, Header, html, json, plain, words};

/// Writes one export, piece by piece: conversations, each followed by its entries.
///
/// Give it a buffered writer. Dropping it without [`Writer::finish`] leaves the export cut short.
#[derive(Debug)]
pub struct Writer<W> {
    format: Format,
    out: W,
    place: Place,
}

/// Where the writer stands.
#[derive(Debug)]
pub(crate) struct Place {
    /// The person's name, on one line.
    pub(crate) my_name: String,
    /// The present contact's name, on one line; `None` before the first conversation.
    pub(crate) their_name: Option<String>,
    /// The day of the entry before, for headings.
    pub(crate) day: Option<String>,
    /// Entries so far.
    pub(crate) entries: u64,
}

impl Place {
    /// Whose words an entry holds; `None` for the house.
    pub(crate) fn who(&self, direction: Direction) -> Option<&str> {
        match direction {
            Direction::Out => Some(&self.my_name),
            Direction::In => Some(self.their_name.as_deref().unwrap_or_default()),
            Direction::None => None,
        }
    }

    /// The name for the house's sentences.
    pub(crate) fn contact(&self) -> &str {
        self.their_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or("your contact")
    }

    /// The day, when it is another than that of the entry before.
    pub(crate) fn turn_to(&mut self, day: String) -> Option<&str> {
        if self.day.as_ref() == Some(&day) {
            return None;
        }
        self.day = Some(day);
        self.day.as_deref()
    }
}

impl<W: Write> Writer<W> {
    /// Begins an export.
    ///
    /// # Errors
    /// Those of `out`, here and below.
    pub fn new(format: Format, mut out: W, header: &Header) -> io::Result<Self> {
        match format {
            Format::Text => plain::header(&mut out, header)?,
            Format::Json => json::header(&mut out, header)?,
            Format::Html => html::header(&mut out, header)?,
        }
        let place = Place {
            my_name: words::one_line(&header.my_name).into_owned(),
            their_name: None,
            day: None,
            entries: 0,
        };
        Ok(Self { format, out, place })
    }

    /// Begins a conversation; the one before is over.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn conversation(&mut self, conversation: &Conversation) -> io::Result<()> {
        let is_first = self.place.their_name.is_none();
        match self.format {
            Format::Text => plain::conversation(&mut self.out, conversation)?,
            Format::Json => json::conversation(&mut self.out, conversation)?,
            Format::Html => html::conversation(&mut self.out, conversation, is_first)?,
        }
        self.place.their_name = Some(words::one_line(&conversation.name).into_owned());
        self.place.day = None;
        Ok(())
    }

    /// Writes one entry of the present conversation.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.place.entries += 1;
        match self.format {
            Format::Text => plain::entry(&mut self.out, &mut self.place, entry),
            Format::Json => json::entry(&mut self.out, &self.place, entry),
            Format::Html => html::entry(&mut self.out, &mut self.place, entry),
        }
    }

    /// Ends the export, flushes it, and gives back what was written to and how many entries it has.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        let is_empty = self.place.their_name.is_none();
        match self.format {
            Format::Text => plain::end(&mut self.out)?,
            Format::Json => json::end(&mut self.out)?,
            Format::Html => html::end(&mut self.out, is_empty)?,
        }
        self.out.flush()?;
        Ok((self.out, self.place.entries))
    }
}
