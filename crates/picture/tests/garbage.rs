//! Nothing that a stranger can put into a file makes the reader panic.
#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test are test code too"
)]

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use proptest::prelude::*;
use signet_picture::{png, read};

fn sound(format: ImageFormat) -> Vec<u8> {
    let code = image::load_from_memory(&png("signet://invitation?_oob=e30", 3).unwrap()).unwrap();
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(code.to_rgb8())
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_behind_any_signature_are_answered(
        start in prop::sample::select(vec![&b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x40\0\0\0WEBPVP8L"]),
        rest in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let _ = read(&[start, &rest].concat());
    }

    #[test]
    fn a_sound_file_with_damaged_bytes_is_answered(
        format in prop::sample::select(vec![ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = sound(format);
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let _ = read(&bytes);
        let _ = read(&bytes[..end.index(bytes.len())]);
    }

    #[test]
    fn random_modules_and_torn_codes_are_answered(
        side in 21u32..90,
        scale in 1u32..4,
        holes in prop::collection::vec((0u32..111, 0u32..111, 1u32..40, any::<u8>()), 0..12),
        keep_code in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let mut picture = if keep_code {
            image::load_from_memory(&sound(ImageFormat::Png)).unwrap().into_luma8()
        } else {
            GrayImage::from_fn(side * scale, side * scale, |x, y| {
                let cell = (x / scale * 7919 + y / scale * 104_729).wrapping_mul(seed | 1);
                Luma([if cell >> 31 == 0 { 0 } else { 255 }])
            })
        };
        for (left, top, size, shade) in holes {
            for y in top..(top + size).min(picture.height()) {
                for x in left..(left + size).min(picture.width()) {
                    picture.put_pixel(x, y, Luma([shade]));
                }
            }
        }
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let _ = read(bytes.get_ref());
    }
}
