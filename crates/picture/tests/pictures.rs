//! Pictures as people make them: our own file, shrunk, turned, photographed, a whole window.
//! What is done to them is done here, with a generator of its own, so that each run sees the same.
#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test are test code too"
)]

use std::io::Cursor;
use std::time::{Duration, Instant};

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, LumaA, Rgb, RgbImage};
use signet_picture::{MODULE_PIXELS, ReadError, png, read};

/// A small generator with a fixed rule, for noise and for links.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    fn between(&mut self, low: i32, high: i32) -> i32 {
        low + (self.roll() % (high - low + 1) as u32) as i32
    }
}

/// An invitation link of so many characters, as base64url is: without any pattern.
fn link(length: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut dice = Dice(length as u64);
    let mut link = String::from("signet://invitation?_oob=");
    while link.len() < length {
        link.push(ALPHABET[dice.roll() as usize % 64] as char);
    }
    link
}

const LENGTHS: [usize; 4] = [300, 520, 710, 900];

fn code(text: &str) -> GrayImage {
    image::load_from_memory(&png(text, MODULE_PIXELS).unwrap())
        .unwrap()
        .into_luma8()
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn shrunk(picture: &GrayImage, percent: u32, filter: FilterType) -> GrayImage {
    let side = |length: u32| length * percent / 100;
    imageops::resize(
        picture,
        side(picture.width()),
        side(picture.height()),
        filter,
    )
}

/// Turned about its middle on a grey ground, seen through a lens that blurs a little.
fn turned(picture: &GrayImage, degrees: f64) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let side = (width * cos + height * sin.abs()).ceil() as u32;
    GrayImage::from_fn(side, side, |x, y| {
        let (x, y) = (
            f64::from(x) - f64::from(side) / 2.0,
            f64::from(y) - f64::from(side) / 2.0,
        );
        let (x, y) = (
            x * cos + y * sin + width / 2.0,
            y * cos - x * sin + height / 2.0,
        );
        match imageops::interpolate_bilinear(picture, x as f32, y as f32) {
            Some(pixel) if x >= 0.0 && y >= 0.0 => pixel,
            _ => Luma([205]),
        }
    })
}

fn noisy(mut picture: GrayImage, strength: i32) -> GrayImage {
    let mut dice = Dice(7);
    for pixel in picture.pixels_mut() {
        let noise = dice.between(-strength, strength) + dice.between(-strength, strength);
        pixel.0[0] = (i32::from(pixel.0[0]) + noise).clamp(0, 255) as u8;
    }
    picture
}

/// A window of 1280 by 860 with a list, bubbles, lines like writing, and a dialogue over a dimmed
/// ground that shows the code `side` pixels wide, its edges blurred as a browser draws them.
fn window(code: &GrayImage, side: u32) -> RgbImage {
    let mut dice = Dice(11);
    let mut window = RgbImage::from_pixel(1280, 860, Rgb([176, 170, 173]));
    let mut fill = |left: u32, top: u32, width: u32, height: u32, colour: [u8; 3]| {
        for y in top..(top + height).min(860) {
            for x in left..(left + width).min(1280) {
                window.put_pixel(x, y, Rgb(colour));
            }
        }
    };
    for row in 0..11 {
        fill(20, 110 + row * 64, 44, 44, [60, 40 + row as u8 * 12, 90]);
        for _ in 0..90 {
            let (x, y) = (80 + dice.roll() % 220, 115 + row * 64 + dice.roll() % 30);
            fill(x, y, 1 + dice.roll() % 3, 1 + dice.roll() % 8, [40, 36, 38]);
        }
    }
    fill(260, 155, 760, 550, [255, 255, 255]);
    for _ in 0..700 {
        let (x, y) = (260 + side + 40 + dice.roll() % 300, 230 + dice.roll() % 400);
        fill(x, y, 1 + dice.roll() % 4, 1 + dice.roll() % 9, [32, 24, 28]);
    }
    fill(860, 520, 100, 36, [123, 44, 84]);
    let code = imageops::resize(code, side, side, FilterType::Triangle);
    for (x, y, pixel) in code.enumerate_pixels() {
        window.put_pixel(284 + x, 228 + y, Rgb([pixel.0[0]; 3]));
    }
    window
}

#[test]
fn our_own_picture_is_read_in_every_format() {
    for length in LENGTHS {
        let text = link(length);

        assert_eq!(read(&png(&text, MODULE_PIXELS).unwrap()), Ok(text.clone()));
        assert_eq!(read(&png(&text, 2).unwrap()), Ok(text.clone()));
        assert_eq!(
            read(&file(code(&text), ImageFormat::Jpeg)),
            Ok(text.clone())
        );
        let colours = DynamicImage::from(code(&text)).to_rgb8();
        assert_eq!(read(&file(colours, ImageFormat::WebP)), Ok(text));
    }
}

#[test]
fn our_own_picture_is_read_at_40_percent() {
    for length in LENGTHS {
        for filter in [
            FilterType::Nearest,
            FilterType::Triangle,
            FilterType::Lanczos3,
        ] {
            let text = link(length);

            let small = shrunk(&code(&text), 40, filter);

            assert_eq!(
                read(&file(small, ImageFormat::Png)),
                Ok(text),
                "{length}, {filter:?}"
            );
        }
    }
}

#[test]
fn our_own_picture_is_read_turned_by_7_degrees_with_noise() {
    for length in LENGTHS {
        for (degrees, percent) in [(7.0, 100), (-7.0, 100), (7.0, 40)] {
            let text = link(length);

            let turned = turned(&code(&text), degrees);
            let picture = noisy(shrunk(&turned, percent, FilterType::Triangle), 40);

            assert_eq!(
                read(&file(picture, ImageFormat::Png)),
                Ok(text),
                "{length}, {degrees} degrees, {percent} %"
            );
        }
    }
}

#[test]
fn a_code_in_the_picture_of_a_whole_window_is_read() {
    for length in LENGTHS {
        for side in [240, 265, 280, 300, 330, 400] {
            let text = link(length);

            let window = window(&code(&text), side);

            assert_eq!(
                read(&file(window, ImageFormat::Png)),
                Ok(text),
                "{length}, {side} pixels"
            );
        }
    }
}

#[test]
fn a_code_is_read_upside_down_on_glass_and_in_exchanged_colours() {
    let text = link(520);
    let code = code(&text);
    let glass = image::GrayAlphaImage::from_fn(code.width(), code.height(), |x, y| {
        LumaA([0, 255 - code.get_pixel(x, y).0[0]])
    });
    let mut inverted = code.clone();
    imageops::invert(&mut inverted);

    assert_eq!(
        read(&file(imageops::rotate180(&code), ImageFormat::Png)),
        Ok(text.clone())
    );
    assert_eq!(read(&file(glass, ImageFormat::Png)), Ok(text.clone()));
    assert_eq!(read(&file(inverted, ImageFormat::Png)), Ok(text));
}

#[test]
fn a_code_seen_at_an_angle_is_read() {
    let text = link(300);
    let code = code(&text);
    let (width, height) = (f64::from(code.width()), f64::from(code.height()));
    let photograph = GrayImage::from_fn(1600, 1200, |x, y| {
        // The upper edge is a tenth further away than the lower one.
        let (x, y) = (f64::from(x) - 800.0, f64::from(y) - 200.0);
        let nearness = 0.9 + 0.1 * y / 800.0;
        let (x, y) = (
            x / nearness * width / 800.0 + width / 2.0,
            y / nearness * height / 800.0,
        );
        match imageops::interpolate_bilinear(&code, x as f32, y as f32) {
            Some(pixel) if x >= 0.0 && y >= 0.0 => pixel,
            _ => Luma([150]),
        }
    });

    assert_eq!(
        read(&file(noisy(photograph, 15), ImageFormat::Jpeg)),
        Ok(text)
    );
}

#[test]
fn a_small_code_in_a_large_photograph_is_read() {
    let text = link(300);
    let code = shrunk(&code(&text), 60, FilterType::Triangle);
    let mut photograph = noisy(GrayImage::from_pixel(5000, 4000, Luma([190])), 12);
    imageops::replace(&mut photograph, &code, 3700, 2900);

    assert_eq!(read(&file(photograph, ImageFormat::Jpeg)), Ok(text));
}

#[test]
fn among_several_codes_the_invitation_is_taken() {
    let invitation = "https://mediator.example/?_oobid=6a1f";
    let codes = [
        code("WIFI:S:Kitchen;T:WPA;P:tea;;"),
        code(invitation),
        code("https://example.org/?x=_oob"),
    ];
    let mut picture = GrayImage::from_pixel(1200, 500, Luma([255]));
    for (place, code) in codes.iter().enumerate() {
        imageops::replace(&mut picture, code, place as i64 * 400, 50);
    }

    assert_eq!(
        read(&file(picture, ImageFormat::Png)).as_deref(),
        Ok(invitation)
    );
}

#[test]
fn a_code_that_is_no_invitation_is_still_text() {
    assert_eq!(read(&png("hello", 4).unwrap()).as_deref(), Ok("hello"));
}

#[test]
fn a_picture_without_a_code_says_so() {
    let meadow = noisy(GrayImage::from_pixel(900, 700, Luma([120])), 60);
    let dot = GrayImage::from_pixel(1, 1, Luma([0]));

    assert_eq!(
        read(&file(meadow, ImageFormat::Png)),
        Err(ReadError::NoCode)
    );
    assert_eq!(read(&file(dot, ImageFormat::Png)), Err(ReadError::NoCode));
    assert_eq!(
        ReadError::NoCode.to_string(),
        "no code was found in this picture"
    );
}

#[test]
fn fifty_megapixels_are_refused_by_the_header_alone() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let bomb = file(GrayImage::new(10_000, 5_000), format);
        // Nothing behind the header is needed to refuse it, so nothing behind it was unpacked.
        let header = &bomb[..bomb.len().min(700)];

        for bytes in [&bomb[..], header] {
            let refused = read(bytes).unwrap_err();
            assert_eq!(
                refused,
                ReadError::TooManyPixels {
                    width: 10_000,
                    height: 5_000
                }
            );
            assert_eq!(
                refused.to_string(),
                "the picture of 10000 by 5000 pixels is larger than 40 megapixels"
            );
        }
    }
}

#[test]
fn a_file_that_breaks_off_has_a_sentence_of_its_own() {
    let text = link(520);
    let colours = DynamicImage::from(code(&text)).to_rgb8();
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let whole = file(colours.clone(), format);
        for part in [4, 2, 1] {
            let cut = &whole[..whole.len() - whole.len() * part / 8];

            let refused = read(cut).unwrap_err();

            assert_eq!(refused, ReadError::Truncated, "{format:?} without {part}/8");
        }
    }
    assert_eq!(
        ReadError::Truncated.to_string(),
        "the picture is cut short, its end is missing"
    );
}

#[test]
fn what_is_no_picture_is_refused() {
    for bytes in [
        &b""[..],
        b"signet://invitation?_oob=e30",
        b"GIF89a",
        b"%PDF-1.7",
        &[0; 4096],
    ] {
        assert_eq!(read(bytes), Err(ReadError::NotAPicture));
    }
    let mut damaged = png("hello", 4).unwrap();
    damaged[20] ^= 0xff;
    assert!(read(&damaged).is_err());
    assert_eq!(
        read(&vec![0; signet_picture::MAX_FILE + 1]),
        Err(ReadError::FileTooLarge)
    );
}

#[test]
fn a_picture_full_of_finder_patterns_is_given_up_in_bounded_time() {
    let finder = |x: u32, y: u32| {
        let ring = |place: u32| place.abs_diff(3);
        !matches!(ring(x).max(ring(y)), 2 | 4..)
    };
    let tapestry = GrayImage::from_fn(1700, 1700, |x, y| {
        Luma([if finder(x / 2 % 9, y / 2 % 9) { 0 } else { 255 }])
    });

    let start = Instant::now();
    let read = read(&file(tapestry, ImageFormat::Png));

    assert_eq!(read, Err(ReadError::NoCode));
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}
