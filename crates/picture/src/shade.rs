//! Which grey counts as black, from place to place.
//!
//! The threshold lies half way between the darkest and the lightest pixel of the neighbourhood,
//! so shadows and dimmed screens do no harm, and a blurred edge falls where the sharp one was.

use image::GrayImage;

/// Neighbourhoods are blocks of so many pixels and the eight blocks around each.
const BLOCK: u32 = 16;

/// Less contrast than this is no code: the whole block is white, or black if it is dark.
const LEAST_CONTRAST: u8 = 32;

/// The shade up to which an even block is taken as black.
const DARK: u8 = 100;

/// A threshold for every block of a picture.
pub(crate) struct Threshold {
    columns: u32,
    blocks: Vec<u8>,
}

impl Threshold {
    pub(crate) fn of(picture: &GrayImage) -> Threshold {
        let (columns, rows) = (
            picture.width().div_ceil(BLOCK),
            picture.height().div_ceil(BLOCK),
        );
        let mut extremes = vec![(u8::MAX, u8::MIN); (columns * rows) as usize];
        for (x, y, pixel) in picture.enumerate_pixels() {
            let (low, high) = &mut extremes[(y / BLOCK * columns + x / BLOCK) as usize];
            *low = pixel.0[0].min(*low);
            *high = pixel.0[0].max(*high);
        }
        let around = |place: u32, end: u32| place.saturating_sub(1)..(place + 2).min(end);
        let mut blocks = Vec::with_capacity(extremes.len());
        for row in 0..rows {
            for column in 0..columns {
                let (low, high) = around(row, rows)
                    .flat_map(|y| around(column, columns).map(move |x| (x, y)))
                    .map(|(x, y)| extremes[(y * columns + x) as usize])
                    .fold((u8::MAX, u8::MIN), |a, b| (a.0.min(b.0), a.1.max(b.1)));
                blocks.push(match high - low < LEAST_CONTRAST {
                    true if low > DARK => u8::MIN,
                    true => u8::MAX,
                    false => low.midpoint(high),
                });
            }
        }
        Threshold { columns, blocks }
    }

    pub(crate) fn at(&self, x: u32, y: u32) -> u8 {
        self.blocks[(y / BLOCK * self.columns + x / BLOCK) as usize]
    }

    /// The picture with 1 for black and 0 for white.
    pub(crate) fn applied(&self, mut picture: GrayImage) -> GrayImage {
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            pixel.0[0] = u8::from(pixel.0[0] < self.at(x, y));
        }
        picture
    }
}
