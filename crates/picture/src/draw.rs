//! Drawing a code.
//!
//! Every module is a square of whole pixels, so that no edge is grey; the quiet zone of four
//! modules is part of the picture, because what a messenger or a web page puts around it is not
//! ours to know.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};

/// Pixels per module that suit most uses of [`png`]: still three when somebody shrinks it to 40 %.
pub const MODULE_PIXELS: u32 = 8;

/// The standard's quiet zone, in modules.
const QUIET: u32 = 4;

/// Widest picture we draw, in pixels. The largest code there is fits at 22 pixels a module.
const MAX_SIDE: u32 = 4096;

/// Why a code was not drawn.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DrawError {
    /// More than 2,331 bytes: a code cannot carry it, hand over the link.
    #[error("the text is too long for a QR code")]
    TooLong,
    /// Ask for fewer pixels a module, at least one.
    #[error("{0} pixels a module make no usable picture")]
    ModuleSize(u32),
    /// The encoder gave up; not known to happen.
    #[error("the picture could not be written")]
    Encoder,
}

/// A code as SVG: one path in a square `viewBox`, one unit per module, sharp at any size.
///
/// # Errors
/// [`DrawError::TooLong`].
pub fn svg(text: &str) -> Result<String, DrawError> {
    let modules = Modules::of(text)?;
    let side = modules.side();
    let mut path = String::new();
    for y in 0..side {
        let mut x = 0;
        while x < side {
            let run = (x..side).take_while(|&x| modules.is_dark(x, y)).count() as u32;
            if run > 0 {
                path.push_str(&format!("M{x} {y}h{run}v1h-{run}z"));
            }
            x += run.max(1);
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

/// A code as PNG, 8 bit grey, each module `module_pixels` wide (see [`MODULE_PIXELS`]).
///
/// # Errors
/// [`DrawError::TooLong`]; [`DrawError::ModuleSize`] for none or absurdly many pixels a module.
pub fn png(text: &str, module_pixels: u32) -> Result<Vec<u8>, DrawError> {
    let modules = Modules::of(text)?;
    let side = modules
        .side()
        .checked_mul(module_pixels)
        .filter(|side| (1..=MAX_SIDE).contains(side))
        .ok_or(DrawError::ModuleSize(module_pixels))?;
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x / module_pixels, y / module_pixels)))
        .map(|(x, y)| if modules.is_dark(x, y) { 0 } else { 255 })
        .collect();

    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(&pixels, side, side, ExtendedColorType::L8)
        .map_err(|_| DrawError::Encoder)?;
    Ok(file)
}

/// The modules of a code, its quiet zone included in the coordinates.
struct Modules {
    width: u32,
    colors: Vec<Color>,
}

impl Modules {
    fn of(text: &str) -> Result<Modules, DrawError> {
        let code =
            QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| match error {
                QrError::DataTooLong => DrawError::TooLong,
                _ => DrawError::Encoder,
            })?;
        Ok(Modules {
            width: code.width() as u32,
            colors: code.to_colors(),
        })
    }

    fn side(&self) -> u32 {
        self.width + 2 * QUIET
    }

    fn is_dark(&self, x: u32, y: u32) -> bool {
        let inside = QUIET..QUIET + self.width;
        inside.contains(&x)
            && inside.contains(&y)
            && self.colors[((y - QUIET) * self.width + x - QUIET) as usize] == Color::Dark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_of_900_characters_fits_version_24() {
        let modules = Modules::of(&"x".repeat(900)).unwrap();

        assert!(modules.width <= 24 * 4 + 17, "{}", modules.width);
    }

    #[test]
    fn the_picture_is_black_on_white_with_four_quiet_modules_on_every_side() {
        let file = png("signet://invitation?_oob=e30", 3).unwrap();
        let picture = image::load_from_memory(&file).unwrap().into_luma8();
        let (width, height) = picture.dimensions();

        assert_eq!((width, height), ((29 + 8) * 3, (29 + 8) * 3));
        assert!(
            picture
                .pixels()
                .all(|pixel| pixel.0 == [0] || pixel.0 == [255])
        );
        for (x, y, pixel) in picture.enumerate_pixels() {
            let quiet = [x, y, width - 1 - x, height - 1 - y]
                .iter()
                .any(|&edge| edge < 12);
            assert!(!quiet || pixel.0 == [255], "dark at {x}, {y}");
        }
        assert_eq!(
            picture.get_pixel(12, 12).0,
            [0],
            "the finder begins after the quiet zone"
        );
    }

    #[test]
    fn the_svg_draws_the_same_modules_as_the_png() {
        let text = "https://example.org/?_oobid=5f2e";
        let picture = image::load_from_memory(&png(text, 1).unwrap())
            .unwrap()
            .into_luma8();
        let svg = svg(text).unwrap();
        let mut drawn =
            image::GrayImage::from_pixel(picture.width(), picture.height(), [255].into());

        let path = svg
            .rsplit("d=\"")
            .next()
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        for run in path.split('M').skip(1) {
            let numbers: Vec<u32> = run
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            for x in numbers[0]..numbers[0] + numbers[2] {
                drawn.put_pixel(x, numbers[1], [0].into());
            }
        }

        assert!(drawn == picture);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        assert_eq!(svg(&"x".repeat(2332)), Err(DrawError::TooLong));
        assert_eq!(png("x", 0), Err(DrawError::ModuleSize(0)));
        assert_eq!(png("x", u32::MAX), Err(DrawError::ModuleSize(u32::MAX)));
        assert_eq!(png("x", 500), Err(DrawError::ModuleSize(500)));
        assert!(png(&"x".repeat(2331), 22).is_ok());
    }
}
