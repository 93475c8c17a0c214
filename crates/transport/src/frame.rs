//! How envelopes and answers look on a libp2p stream.
//!
//! Two protocols share the first half:
//!
//! - `/didcomm/v2`, after the DIF libp2p extension (its `didcomm/v2` lacks the slash that
//!   libp2p demands): each envelope is an unsigned varint length and its bytes, nothing comes back.
//! - `/didcomm/v2/ack/1`, ours: the same, and the receiver answers each envelope, in any order,
//!   with one unsigned varint: the envelope's number on this stream, counted from 0, times four,
//!   plus 0 for stored, 1 for later, 2 for no. A stream is opened by whoever has something to
//!   send and stays open; at most [`WINDOW`] envelopes may be without an answer.
//!
//! A length of zero, above [`MAX_ENVELOPE`] or not minimally encoded ends the stream.

use crate::Answer;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use std::{io, ops::Range};

/// The largest envelope carried, in bytes (1 MiB).
pub const MAX_ENVELOPE: usize = 1024 * 1024;

/// Envelopes that may be on the way on one stream without an answer.
pub(crate) const WINDOW: usize = 64;

/// Envelopes without answers.
pub(crate) const SIMPLEX: StreamProtocol = StreamProtocol::new("/didcomm/v2");

/// Envelopes with answers.
pub(crate) const ANSWERED: StreamProtocol = StreamProtocol::new("/didcomm/v2/ack/1");

/// Bytes asked of a stream at once.
const CHUNK: usize = 16 * 1024;

/// A 64-bit varint has at most ten bytes.
const MAX_VARINT: usize = 10;

/// Why a stream cannot be read any further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the stream broke")]
    Io(#[from] io::Error),
    #[error("the stream ended within a frame")]
    CutShort,
    #[error("a length or answer is not a varint")]
    Malformed,
    #[error("a frame of {0} bytes is not an envelope")]
    Length(u64),
}

/// Appends `value` as an unsigned varint.
pub(crate) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a varint at the start of `bytes`: its value and length, or `None` if it goes on.
fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, FrameError> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(MAX_VARINT) {
        let bits = u64::from(byte & 0x7f);
        if at == MAX_VARINT - 1 && bits > 1 {
            return Err(FrameError::Malformed);
        }
        value |= bits << (7 * at);
        if byte & 0x80 == 0 {
            let padded = *byte == 0 && at > 0;
            return if padded {
                Err(FrameError::Malformed)
            } else {
                Ok(Some((value, at + 1)))
            };
        }
    }
    if bytes.len() >= MAX_VARINT {
        Err(FrameError::Malformed)
    } else {
        Ok(None)
    }
}

/// Appends the answer to envelope `number` of the stream.
pub(crate) fn put_answer(number: u64, answer: Answer, out: &mut Vec<u8>) {
    let word = match answer {
        Answer::Stored => 0,
        Answer::Later => 1,
        Answer::No => 2,
    };
    put_varint(number << 2 | word, out);
}

/// Takes what an answer's varint means apart: the envelope's number and the answer.
fn answer(value: u64) -> Result<(u64, Answer), FrameError> {
    let answer = match value & 3 {
        0 => Answer::Stored,
        1 => Answer::Later,
        2 => Answer::No,
        _ => return Err(FrameError::Malformed),
    };
    Ok((value >> 2, answer))
}

/// The reading half of a stream.
pub(crate) struct Incoming<R> {
    stream: R,
    buffer: Box<[u8]>,
    /// Which part of the buffer was received and not yet read.
    unread: Range<usize>,
}

impl<R: AsyncRead + Unpin> Incoming<R> {
    pub(crate) fn new(stream: R) -> Self {
        Self {
            stream,
            buffer: vec![0; CHUNK].into_boxed_slice(),
            unread: 0..0,
        }
    }

    /// The length of the next envelope, or `None` where the stream ends well.
    pub(crate) async fn length(&mut self) -> Result<Option<usize>, FrameError> {
        let Some(length) = self.varint().await? else {
            return Ok(None);
        };
        match usize::try_from(length) {
            Ok(length) if (1..=MAX_ENVELOPE).contains(&length) => Ok(Some(length)),
            _ => Err(FrameError::Length(length)),
        }
    }

    /// The `length` bytes that follow it.
    pub(crate) async fn envelope(&mut self, length: usize) -> Result<Vec<u8>, FrameError> {
        let mut envelope = Vec::with_capacity(length);
        let ready = length.min(self.unread.len());
        envelope.extend_from_slice(&self.buffer[self.unread.clone()][..ready]);
        self.unread.start += ready;

        // Small envelopes come out of the buffer, which takes in many at once.
        while envelope.len() < length && length - envelope.len() < CHUNK {
            if self.fill().await? == 0 {
                return Err(FrameError::CutShort);
            }
            let ready = (length - envelope.len()).min(self.unread.len());
            envelope.extend_from_slice(&self.buffer[self.unread.clone()][..ready]);
            self.unread.start += ready;
        }
        let missing = (length - envelope.len()) as u64;
        if missing > 0 {
            let mut rest = (&mut self.stream).take(missing);
            rest.read_to_end(&mut envelope).await?;
        }
        if envelope.len() < length {
            return Err(FrameError::CutShort);
        }
        Ok(envelope)
    }

    /// The next answer, or `None` where the stream ends. Cancelling it loses nothing.
    pub(crate) async fn answer(&mut self) -> Result<Option<(u64, Answer)>, FrameError> {
        let Some(value) = self.varint().await? else {
            return Ok(None);
        };
        answer(value).map(Some)
    }

    async fn varint(&mut self) -> Result<Option<u64>, FrameError> {
        loop {
            if let Some((value, length)) = varint(&self.buffer[self.unread.clone()])? {
                self.unread.start += length;
                return Ok(Some(value));
            }
            if self.fill().await? == 0 {
                let whole = self.unread.is_empty();
                return if whole {
                    Ok(None)
                } else {
                    Err(FrameError::CutShort)
                };
            }
        }
    }

    /// Takes in what there is. What is unread is at most the start of a varint.
    async fn fill(&mut self) -> io::Result<usize> {
        let kept = self.unread.len();
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..kept;
        let got = self.stream.read(&mut self.buffer[kept..]).await?;
        self.unread.end += got;
        Ok(got)
    }
}

/// The writing half: bytes gather while the stream is busy and leave together.
pub(crate) struct Outgoing<W> {
    stream: W,
    bytes: Vec<u8>,
    written: usize,
    flushed: bool,
}

impl<W: AsyncWrite + Unpin> Outgoing<W> {
    pub(crate) fn new(stream: W) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
            written: 0,
            flushed: true,
        }
    }

    /// Where bytes to be sent are appended.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends an envelope with its length.
    pub(crate) fn put_envelope(&mut self, envelope: &[u8]) {
        put_varint(envelope.len() as u64, &mut self.bytes);
        self.bytes.extend_from_slice(envelope);
    }

    /// How much waits to be written.
    pub(crate) fn backlog(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Takes one step of writing or flushing; waits for ever when there is nothing to do, so
    /// that it can stand in a `select!`. Cancelling it loses nothing.
    pub(crate) async fn step(&mut self) -> io::Result<()> {
        if self.written < self.bytes.len() {
            let wrote = self.stream.write(&self.bytes[self.written..]).await?;
            if wrote == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.written += wrote;
            self.flushed = false;
            if self.written == self.bytes.len() {
                self.bytes.clear();
                self.bytes.shrink_to(4 * CHUNK);
                self.written = 0;
            }
            return Ok(());
        }
        if !self.flushed {
            self.stream.flush().await?;
            self.flushed = true;
            return Ok(());
        }
        std::future::pending().await
    }

    /// Writes and flushes everything.
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        while self.backlog() > 0 || !self.flushed {
            self.step().await?;
        }
        Ok(())
    }

    /// Says that nothing more will come.
    pub(crate) async fn close(&mut self) -> io::Result<()> {
        self.stream.close().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{executor::block_on, io::Cursor};

    fn frames(bytes: &[u8]) -> Incoming<Cursor<Vec<u8>>> {
        Incoming::new(Cursor::new(bytes.to_vec()))
    }

    #[test]
    fn envelopes_come_out_as_they_went_in() {
        let long = vec![7; 300_000];
        let mut out = Outgoing::new(Cursor::new(Vec::new()));
        out.put_envelope(b"one");
        out.put_envelope(&long);
        block_on(out.finish()).unwrap();

        let mut incoming = frames(out.stream.get_ref());
        for expected in [&b"one"[..], &long] {
            let length = block_on(incoming.length()).unwrap().unwrap();
            assert_eq!(block_on(incoming.envelope(length)).unwrap(), expected);
        }
        assert!(block_on(incoming.length()).unwrap().is_none());
    }

    #[test]
    fn answers_come_out_as_they_went_in() {
        let mut bytes = Vec::new();
        let answers = [
            (0, Answer::Stored),
            (31, Answer::Later),
            (1 << 40, Answer::No),
        ];
        for (number, answer) in answers {
            put_answer(number, answer, &mut bytes);
        }

        let mut incoming = frames(&bytes);
        for expected in answers {
            assert_eq!(block_on(incoming.answer()).unwrap(), Some(expected));
        }
        assert!(block_on(incoming.answer()).unwrap().is_none());
    }

    #[test]
    fn a_length_of_zero_or_beyond_the_limit_is_refused() {
        for length in [0, MAX_ENVELOPE as u64 + 1, u64::MAX] {
            let mut bytes = Vec::new();
            put_varint(length, &mut bytes);
            assert!(matches!(
                block_on(frames(&bytes).length()),
                Err(FrameError::Length(told)) if told == length
            ));
        }
        let mut bytes = Vec::new();
        put_varint(MAX_ENVELOPE as u64, &mut bytes);
        assert_eq!(
            block_on(frames(&bytes).length()).unwrap(),
            Some(MAX_ENVELOPE)
        );
    }

    #[test]
    fn a_varint_that_is_padded_or_endless_is_refused() {
        for bytes in [&[0x81, 0x00][..], &[0xff; 10], &[0xff; 40]] {
            assert!(matches!(
                block_on(frames(bytes).length()),
                Err(FrameError::Malformed)
            ));
        }
    }

    #[test]
    fn a_stream_that_ends_within_a_frame_is_an_error() {
        assert!(matches!(
            block_on(frames(&[0x80]).length()),
            Err(FrameError::CutShort)
        ));

        let mut incoming = frames(&[3, b'a', b'b']);
        let length = block_on(incoming.length()).unwrap().unwrap();
        assert!(matches!(
            block_on(incoming.envelope(length)),
            Err(FrameError::CutShort)
        ));
    }

    #[test]
    fn an_answer_with_an_unknown_word_is_refused() {
        assert!(matches!(
            block_on(frames(&[3]).answer()),
            Err(FrameError::Malformed)
        ));
    }
}
