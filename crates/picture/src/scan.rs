//! Searching grey pixels for codes.
//!
//! Two readers look at each picture: ours for codes that lie flat ([`flat`]), then `rqrr`, which
//! also reads codes seen at an angle. Both want modules of two pixels or more, edges without noise, and the
//! code not too small in the picture. So the picture is offered in several dressings, cheap and
//! likely ones first. The first invitation found ends the search.

use image::GrayImage;
use image::imageops::{self, FilterType};
use rqrr::{BitGrid, Grid, PreparedImage};

use crate::allowance::{Allowance, Counted, within};
use crate::flat;
use crate::shade::Threshold;

/// Pixels that the detector may touch in one search; some seconds of work.
const ALLOWANCE: u64 = 1_000_000_000;

/// A picture is first looked at in at most this many pixels.
const USUAL: u64 = 3_000_000;

/// No dressing has more pixels than this.
const LARGEST: u64 = 12_000_000;

/// The smallest code there is has 21 modules.
const SMALLEST_SIDE: u32 = 21;

/// Beyond this the detector's coordinates (products in `i32`) would overflow.
const LONGEST_SIDE: u32 = 16_000;

/// The first invitation in a picture, else the first text.
pub(crate) fn first_code(picture: &GrayImage) -> Option<String> {
    if picture.width().min(picture.height()) < SMALLEST_SIDE {
        return None;
    }
    let allowance = Allowance::of(ALLOWANCE);
    let mut first = None;
    for dressing in DRESSINGS {
        for offered in dressing.of(picture) {
            for text in codes(offered, &allowance) {
                if is_invitation(&text) {
                    return Some(text);
                }
                first.get_or_insert(text);
            }
            if allowance.is_spent() {
                return first;
            }
        }
    }
    first
}

fn is_invitation(text: &str) -> bool {
    text.split(['?', '&', '#'])
        .skip(1)
        .any(|part| part.starts_with("_oob=") || part.starts_with("_oobid="))
}

/// All codes of one offered picture that can be read.
fn codes(offered: Offered, allowance: &Allowance) -> Vec<String> {
    match offered {
        Offered::Grey(picture) => {
            let threshold = Threshold::of(&picture);
            let black = threshold.applied(picture.clone());
            let mut texts = within(|| flat::codes(&picture, &threshold, &black));
            texts.extend(within(|| {
                let black = Counted::new(black, allowance);
                texts_of(&PreparedImage::without_preparation(black).detect_grids())
            }));
            texts
        }
        Offered::Shaded(picture) => within(|| {
            let picture = Counted::new(picture, allowance);
            texts_of(&PreparedImage::prepare(picture).detect_grids())
        }),
    }
}

fn texts_of(grids: &[Grid<impl BitGrid>]) -> Vec<String> {
    let text = |grid: &Grid<_>| within(|| grid.decode().ok()).map(|(_, text)| text);
    grids.iter().filter_map(text).collect()
}

/// A picture ready to be searched.
enum Offered {
    /// To be made black and white by our threshold.
    Grey(GrayImage),
    /// To be made black and white by the detector's own, which follows the mean of each line.
    Shaded(GrayImage),
}

/// One way of offering a picture.
#[derive(Clone, Copy, Debug)]
enum Dressing {
    /// As it is, or shrunk to [`USUAL`].
    Plain,
    /// The same, but the detector finds the shades.
    Shaded,
    /// Without noise.
    Smoothed,
    /// Half as wide and high, which also takes out noise and the grid of a photographed screen.
    Halved,
    /// Enlarged so many times, for small modules.
    Enlarged(u32),
    /// White on black.
    Inverted,
    /// A large picture in nine overlapping parts, for a code that is a small piece of it.
    Parts,
}

const DRESSINGS: [Dressing; 8] = [
    Dressing::Plain,
    Dressing::Smoothed,
    Dressing::Halved,
    Dressing::Shaded,
    Dressing::Enlarged(2),
    Dressing::Inverted,
    Dressing::Parts,
    Dressing::Enlarged(3),
];

impl Dressing {
    fn of(self, picture: &GrayImage) -> Box<dyn Iterator<Item = Offered> + '_> {
        let usual = || at_most(USUAL, picture);
        let dressed = match self {
            Dressing::Plain => usual(),
            Dressing::Shaded => return Box::new(std::iter::once(Offered::Shaded(usual()))),
            Dressing::Smoothed => imageops::fast_blur(&usual(), 1.0),
            Dressing::Halved => at_most(USUAL.min(area(picture) / 4), picture),
            Dressing::Enlarged(times) => {
                return Box::new(enlarged(times, picture).into_iter().map(Offered::Grey));
            }
            Dressing::Inverted => {
                let mut picture = usual();
                imageops::invert(&mut picture);
                picture
            }
            Dressing::Parts => return Box::new(parts(picture).map(Offered::Grey)),
        };
        Box::new(std::iter::once(Offered::Grey(dressed)))
    }
}

fn area(picture: &GrayImage) -> u64 {
    u64::from(picture.width()) * u64::from(picture.height())
}

/// The picture with no more than so many pixels and no side beyond [`LONGEST_SIDE`].
fn at_most(pixels: u64, picture: &GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    let by_area = (pixels as f64 / area(picture) as f64).sqrt();
    let by_side = f64::from(LONGEST_SIDE) / f64::from(width.max(height));
    let scale = by_area.min(by_side);
    if scale >= 1.0 {
        return picture.clone();
    }
    let side = |length: u32| ((f64::from(length) * scale) as u32).max(1);
    imageops::thumbnail(picture, side(width), side(height))
}

/// The picture so many times as large, unless that is too large.
fn enlarged(times: u32, picture: &GrayImage) -> Option<GrayImage> {
    let (width, height) = picture.dimensions();
    let fits = area(picture) * u64::from(times * times) <= LARGEST
        && width.max(height) <= LONGEST_SIDE / times;
    fits.then(|| imageops::resize(picture, width * times, height * times, FilterType::Triangle))
}

/// Parts of half the width and height, at each quarter, if the picture was too large for one look.
fn parts(picture: &GrayImage) -> impl Iterator<Item = GrayImage> + '_ {
    let count = if area(picture) > USUAL { 9 } else { 0 };
    let (width, height) = picture.dimensions();
    (0..count).map(move |part| {
        let (left, top) = (width / 4 * (part % 3), height / 4 * (part / 3));
        let part = imageops::crop_imm(picture, left, top, width / 2, height / 2).to_image();
        at_most(USUAL, &part)
    })
}
