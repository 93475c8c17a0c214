//! Lines of bounded length from a stream.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// The longest line read: the longest text, every byte of it escaped, with room for the rest.
pub const MAX_LINE: usize = 1 << 20;

/// Reads lines; [`Lines::next`] may be dropped at any time and loses nothing.
pub(super) struct Lines<R> {
    input: R,
    limit: usize,
    line: Vec<u8>,
    too_long: bool,
}

/// What came.
pub(super) enum Line {
    /// A whole line, without its end.
    Whole(Vec<u8>),
    /// More bytes than allowed; they are gone.
    TooLong,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(super) fn new(input: R, limit: usize) -> Self {
        Self {
            input,
            limit,
            line: Vec::new(),
            too_long: false,
        }
    }

    /// The stream, from behind the last line read.
    pub(super) fn into_input(self) -> R {
        self.input
    }

    /// The next line; `None` at the end. A last line without its end counts.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let bytes = self.input.fill_buf().await?;
            if bytes.is_empty() {
                let is_something = self.too_long || !self.line.is_empty();
                return Ok(is_something.then(|| self.take()));
            }
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let piece = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
            if self.line.len() + piece.len() > self.limit {
                self.too_long = true;
                self.line.clear();
            }
            if !self.too_long {
                self.line.extend_from_slice(piece);
            }
            let used = piece.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                return Ok(Some(self.take()));
            }
        }
    }

    fn take(&mut self) -> Line {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.too_long) {
            Line::TooLong
        } else {
            Line::Whole(line)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_without_end_is_let_go_and_the_next_one_read() {
        let mut text = vec![b'x'; MAX_LINE + 1];
        text.extend_from_slice(b"\nnext\n\nlast");
        let mut lines = Lines::new(
            tokio::io::BufReader::with_capacity(100, &text[..]),
            MAX_LINE,
        );

        assert!(matches!(lines.next().await.unwrap(), Some(Line::TooLong)));
        for expected in ["next", "", "last"] {
            match lines.next().await.unwrap() {
                Some(Line::Whole(line)) => assert_eq!(line, expected.as_bytes()),
                _ => panic!("no {expected}"),
            }
        }
        assert!(lines.next().await.unwrap().is_none());
    }
}
