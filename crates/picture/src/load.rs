//! From the bytes of a file to grey pixels, within limits.
//!
//! Size first, then the header's promise, then the pixels themselves with a ceiling on memory.
//! Transparent parts lie on white, as they do wherever such a picture is looked at.

use std::io::{Cursor, ErrorKind};

use image::error::ImageError;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, Luma};

use crate::ReadError;

/// Largest file that is looked at: 20 MiB. A photograph of 40 megapixels as JPEG has about 15.
pub const MAX_FILE: usize = 20 * 1024 * 1024;

/// Most pixels that are unpacked: 40 megapixels.
pub const MAX_PIXELS: u64 = 40_000_000;

/// Memory a decoder may take: 40 megapixels of four channels of 16 bits, and as much again to work.
const MAX_MEMORY: u64 = 2 * 8 * MAX_PIXELS;

/// Unpacks a picture and forgets its colours.
pub(crate) fn grey(bytes: &[u8]) -> Result<GrayImage, ReadError> {
    if bytes.len() > MAX_FILE {
        return Err(ReadError::FileTooLarge);
    }
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| ReadError::NotAPicture)?;
    let format = reader.format().ok_or(ReadError::NotAPicture)?;
    let refusal = |error: ImageError| match format == ImageFormat::WebP && webp_breaks_off(bytes) {
        true => ReadError::Truncated,
        false => refusal(&error),
    };
    let mut decoder = reader.into_decoder().map_err(refusal)?;

    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ReadError::TooManyPixels { width, height });
    }
    if format == ImageFormat::Jpeg && !jpeg_has_its_end(bytes) {
        return Err(ReadError::Truncated);
    }

    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    decoder.set_limits(limits).map_err(refusal)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    Ok(on_white(&picture))
}

/// A file that breaks off is told apart from one that was never a picture.
fn refusal(error: &ImageError) -> ReadError {
    let mut cause = Some(error as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        let io = match error.downcast_ref::<ImageError>() {
            Some(ImageError::IoError(io)) => Some(io),
            _ => error.downcast_ref::<std::io::Error>(),
        };
        if io.is_some_and(|io| io.kind() == ErrorKind::UnexpectedEof) {
            return ReadError::Truncated;
        }
        cause = error.source();
    }
    ReadError::NotAPicture
}

/// The JPEG decoder fills what is missing with grey and reports success, so its end is asked for
/// here: an "end of image" behind the last "start of scan" (a thumbnail has its own, before).
fn jpeg_has_its_end(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    last(0xd9).is_some_and(|end| last(0xda).is_none_or(|scan| scan < end))
}

/// The WebP decoder calls a missing end a damage, but its container says how long it should be.
fn webp_breaks_off(bytes: &[u8]) -> bool {
    let size = bytes
        .get(4..8)
        .and_then(|size| size.try_into().ok())
        .map(u32::from_le_bytes);
    size.is_none_or(|size| u64::from(size) + 8 > bytes.len() as u64)
}

fn on_white(picture: &DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.to_luma8();
    }
    let picture = picture.to_luma_alpha8();
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [luma, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        Luma([((luma * alpha + 255 * (255 - alpha)) / 255) as u8])
    })
}
