//! Invitations as pictures: a link becomes a QR code, and any picture becomes the link again.
//!
//! [`svg`] and [`png`] draw: black on white, level M, four quiet modules on each side, nothing
//! laid over it. [`read`] takes the bytes of a picture from anywhere (our own file, a photograph,
//! a picture of a whole screen) and looks for the code in several sizes and under several
//! thresholds. What it finds is text and no more: whether that is an invitation, its caller asks.
//!
//! Pictures come from strangers, so the work is bounded three times: the size of the file, the
//! pixels its header promises (asked before anything is unpacked), and an allowance of pixels
//! that the search may touch.
//!
//! Source: ISO/IEC 18004 (the code itself); Out-of-Band 2.0, "Encoding" (`_oob`, `_oobid`).

mod allowance;
mod draw;
mod flat;
mod load;
mod scan;
mod shade;

pub use draw::{DrawError, MODULE_PIXELS, png, svg};
pub use load::{MAX_FILE, MAX_PIXELS};

/// Why no text came out of a picture. Nothing else happened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    /// Above [`MAX_FILE`]: cut the code out, or take a smaller picture.
    #[error("the file is larger than {} MiB", MAX_FILE / 1024 / 1024)]
    FileTooLarge,
    /// Above [`MAX_PIXELS`] by the header alone; nothing was unpacked.
    #[error(
        "the picture of {width} by {height} pixels is larger than {} megapixels",
        MAX_PIXELS / 1_000_000
    )]
    TooManyPixels {
        /// As its header says.
        width: u32,
        /// As its header says.
        height: u32,
    },
    /// The file breaks off: fetch or copy it again.
    #[error("the picture is cut short, its end is missing")]
    Truncated,
    /// Some other kind of file, or a damaged one.
    #[error("this is no picture that can be read: it must be a sound PNG, JPEG or WebP file")]
    NotAPicture,
    /// A sound picture in which no code was found: take it whole, sharp and straight.
    #[error("no code was found in this picture")]
    NoCode,
}

/// The text of the code in a picture (PNG, JPEG or WebP).
///
/// Of several codes the first that carries an invitation (`_oob` or `_oobid` in its query) is
/// taken, else the first. Takes some milliseconds for a clear picture and up to a few seconds for
/// one without a code; call it where blocking is allowed.
///
/// # Errors
/// See [`ReadError`]; each has a sentence a person can read.
pub fn read(bytes: &[u8]) -> Result<String, ReadError> {
    scan::first_code(&load::grey(bytes)?).ok_or(ReadError::NoCode)
}
