//! Reading a code that lies flat: turned perhaps, but not seen at an angle.
//!
//! So are screenshots and scans, and their modules are often only two or three blurred pixels
//! wide, where the general detector, which looks for the last corner's alignment pattern as a
//! connected black region, often misses it. A flat code needs no such corner: the centres of the three
//! finder patterns, known to a fraction of a pixel, give the place of every module.
//!
//! Source: ISO/IEC 18004, "Reference decode algorithm".

use image::GrayImage;
use rqrr::{Grid, SimpleGrid};

use crate::shade::Threshold;

/// The finder patterns seen most often are tried, no more than these: 220 triples.
const MOST_FINDERS: usize = 12;

/// Places that might be finder patterns, before the search gives up on finding new ones.
const MOST_CANDIDATES: usize = 300;

/// A finder pattern is seen on several lines; fewer than this is chance.
const FEWEST_LINES: u32 = 2;

/// Of the modules of both timing patterns so many must be as they should: 80 %.
const REGULAR: usize = 800;

/// How far the modules counted from sizes may be off, in versions of four modules.
const VERSIONS_OFF: i32 = 3;

type Point = (f64, f64);

/// The middle of a finder pattern, the width of its modules in pixels, and on how many lines it was seen.
#[derive(Clone, Copy, Debug)]
struct Finder {
    centre: Point,
    module: f64,
    lines: u32,
}

/// All texts of flat codes in a picture; `black` is the picture under its threshold.
pub(crate) fn codes(picture: &GrayImage, threshold: &Threshold, black: &GrayImage) -> Vec<String> {
    let mut finders = finders(black);
    finders.retain(|finder| finder.lines >= FEWEST_LINES);
    finders.sort_by_key(|finder| std::cmp::Reverse(finder.lines));
    finders.truncate(MOST_FINDERS);

    let mut texts = Vec::new();
    for corner in &finders {
        for right in &finders {
            for below in &finders {
                if let Some(text) = read(corner, right, below, picture, threshold)
                    && !texts.contains(&text)
                {
                    texts.push(text);
                }
            }
        }
    }
    texts
}

/// Reads the code whose upper left, upper right and lower left finder patterns these are.
fn read(
    corner: &Finder,
    right: &Finder,
    below: &Finder,
    picture: &GrayImage,
    threshold: &Threshold,
) -> Option<String> {
    let across = (
        right.centre.0 - corner.centre.0,
        right.centre.1 - corner.centre.1,
    );
    let down = (
        below.centre.0 - corner.centre.0,
        below.centre.1 - corner.centre.1,
    );
    let (width, height) = (across.0.hypot(across.1), down.0.hypot(down.1));
    let module = (corner.module + right.module + below.module) / 3.0;
    let alike = |a: f64, b: f64, by: f64| (a - b).abs() <= by * a.max(b);
    let turned_right = across.0 * down.1 - across.1 * down.0;
    if !alike(width, height, 0.1)
        || ![corner, right, below]
            .iter()
            .all(|finder| alike(finder.module, module, 0.3))
        || turned_right < 0.95 * width * height
        || module < 1.0
    {
        return None;
    }

    let estimate = (((width + height) / 2.0 / module + 7.0 - 17.0) / 4.0).round() as i32;
    let dark = |size: f64, x: f64, y: f64| {
        let (u, v) = ((x - 3.5) / (size - 7.0), (y - 3.5) / (size - 7.0));
        let place = (
            corner.centre.0 + u * across.0 + v * down.0,
            corner.centre.1 + u * across.1 + v * down.1,
        );
        is_dark(place, picture, threshold)
    };
    // In thousandths. The timing patterns run between the finder patterns, dark and light in turn.
    let regularity = |size: i32| {
        let side = f64::from(size);
        let regular = (7..size - 7).filter(|&module| {
            let (along, expected) = (f64::from(module) + 0.5, module % 2 == 0);
            dark(side, along, 6.5) == expected && dark(side, 6.5, along) == expected
        });
        regular.count() * 1000 / (size - 14) as usize
    };
    let (regular, size) = (estimate - VERSIONS_OFF..=estimate + VERSIONS_OFF)
        .filter(|version| (1..=40).contains(version))
        .map(|version| version * 4 + 17)
        .map(|size| (regularity(size), size))
        .max()?;
    if regular < REGULAR {
        return None;
    }
    let grid = SimpleGrid::from_func(size as usize, |x, y| {
        dark(f64::from(size), x as f64 + 0.5, y as f64 + 0.5)
    });
    Grid::new(grid).decode().ok().map(|(_, text)| text)
}

/// Whether a place between the pixels is dark, by the four around it.
fn is_dark((x, y): Point, picture: &GrayImage, threshold: &Threshold) -> bool {
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    if left < 0.0
        || top < 0.0
        || left + 1.0 >= f64::from(picture.width())
        || top + 1.0 >= f64::from(picture.height())
    {
        return false;
    }
    let (u, v) = (x - left, y - top);
    let (left, top) = (left as u32, top as u32);
    let shade = |x, y| f64::from(picture.get_pixel(x, y).0[0]);
    let upper = shade(left, top) * (1.0 - u) + shade(left + 1, top) * u;
    let lower = shade(left, top + 1) * (1.0 - u) + shade(left + 1, top + 1) * u;
    upper * (1.0 - v) + lower * v < f64::from(threshold.at(left, top))
}

/// Every place that has a finder pattern's runs both along its line and across it.
fn finders(black: &GrayImage) -> Vec<Finder> {
    let mut finders: Vec<Finder> = Vec::new();
    for y in 0..black.height() {
        let (mut runs, mut run, mut was) = ([0u32; 5], 0, 0);
        // One white pixel more ends the last run of the line.
        for x in 0..=black.width() {
            let is = if x < black.width() {
                black.get_pixel(x, y).0[0]
            } else {
                0
            };
            if is == was {
                run += 1;
                continue;
            }
            runs.rotate_left(1);
            runs[4] = run;
            (run, was) = (1, is);
            if is == 1 || !are_finder(&runs) {
                continue;
            }
            let middle = x - runs[4] - runs[3] - runs[2].div_ceil(2);
            if let Some(seen) = crossed(black, middle, y) {
                note(&mut finders, seen);
            }
        }
        if finders.len() >= MOST_CANDIDATES {
            break;
        }
    }
    finders
}

/// Counts a sighting to the finder pattern it belongs to, or as a new one.
fn note(finders: &mut Vec<Finder>, seen: Finder) {
    let near = |finder: &&mut Finder| {
        let off = (finder.centre.0 - seen.centre.0).hypot(finder.centre.1 - seen.centre.1);
        off < finder.module && (finder.module - seen.module).abs() < 0.5 * finder.module
    };
    let Some(known) = finders.iter_mut().find(near) else {
        finders.push(seen);
        return;
    };
    let (before, after) = (f64::from(known.lines), f64::from(known.lines + 1));
    let mean = |old: f64, new: f64| (old * before + new) / after;
    known.centre = (
        mean(known.centre.0, seen.centre.0),
        mean(known.centre.1, seen.centre.1),
    );
    known.module = mean(known.module, seen.module);
    known.lines += 1;
}

/// A finder pattern through a place in its middle, measured downwards and then across.
fn crossed(black: &GrayImage, x: u32, y: u32) -> Option<Finder> {
    let (top, tall) = span(black.height(), y, |y| black.get_pixel(x, y).0[0] == 1)?;
    let middle = top + tall / 2.0;
    let (left, wide) = span(black.width(), x, |x| {
        black.get_pixel(x, middle as u32).0[0] == 1
    })?;
    let centre = (left + wide / 2.0, middle);
    Some(Finder {
        centre,
        module: (tall + wide) / 14.0,
        lines: 1,
    })
}

/// Start and length of a finder pattern's five runs along one line through its middle.
fn span(end: u32, middle: u32, is_black: impl Fn(u32) -> bool) -> Option<(f64, f64)> {
    let (mut start, mut stop) = (middle, middle);
    let mut runs = [0u32; 5];
    for (run, colour) in [(2, true), (1, false), (0, true)] {
        let from = start;
        while start > 0 && is_black(start - 1) == colour {
            start -= 1;
        }
        runs[run] += from - start;
    }
    for (run, colour) in [(2, true), (3, false), (4, true)] {
        let from = stop;
        while stop < end && is_black(stop) == colour {
            stop += 1;
        }
        runs[run] += stop - from;
    }
    are_finder(&runs).then(|| (f64::from(start), f64::from(stop - start)))
}

/// Black, white, black, white, black as 1 : 1 : 3 : 1 : 1, each off by less than 0.7 modules and a pixel's half.
fn are_finder(runs: &[u32; 5]) -> bool {
    let module = f64::from(runs.iter().sum::<u32>()) / 7.0;
    module >= 1.0
        && runs
            .iter()
            .zip([1.0, 1.0, 3.0, 1.0, 1.0])
            .all(|(&run, modules)| {
                run > 0 && (f64::from(run) - modules * module).abs() < 0.5 * module + 0.5
            })
}
