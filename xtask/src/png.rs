//! Writing a picture of the window as PNG.
//!
//! A window is mostly even ground, so one trick is enough: each line is stored as its difference
//! to the one above, and runs of equal bytes become repetitions of the byte before. That keeps
//! this program free of dependencies, and quick to build on a fresh machine.
//!
//! Source: PNG specification, chapters 5 and 9; RFC 1950 and RFC 1951, section 3.2.6.

use crate::screen::Frame;

pub fn encode(frame: &Frame) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    // Eight bits a channel, red, green and blue, not interlaced.
    let header = [
        &frame.width.to_be_bytes()[..],
        &frame.height.to_be_bytes(),
        &[8, 2, 0, 0, 0],
    ]
    .concat();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &zlib(&filtered(frame)));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    let body = [name, content].concat();
    file.extend((content.len() as u32).to_be_bytes());
    file.extend(&body);
    file.extend(crc32(&body).to_be_bytes());
}

/// Each line as filter type 2, "up".
fn filtered(frame: &Frame) -> Vec<u8> {
    let length = frame.width as usize * 3;
    let mut above = vec![0; length];
    let mut bytes = Vec::with_capacity(frame.pixels.len() + frame.height as usize);
    for line in frame.pixels.chunks_exact(length) {
        bytes.push(2);
        bytes.extend(
            line.iter()
                .zip(&above)
                .map(|(byte, above)| byte.wrapping_sub(*above)),
        );
        above.copy_from_slice(line);
    }
    bytes
}

/// One block with the fixed codes; the only distance is 1, the only lengths 258 and 3 to 10.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut bits = Bits {
        bytes: vec![0x78, 0x01],
        pending: 0,
        count: 0,
    };
    bits.low_first(0b011, 3);
    let mut rest = bytes;
    let mut before = None;
    while let Some(&byte) = rest.first() {
        let run = rest
            .iter()
            .take(258)
            .take_while(|&&next| before == Some(next))
            .count();
        let taken = match run {
            258 => {
                // Symbol 285, then the distance code 0 in five bits.
                bits.high_first(0b1100_0101, 8);
                bits.high_first(0, 5);
                258
            }
            3.. => {
                let length = run.min(10);
                // Symbols 257 to 264 are the lengths 3 to 10.
                bits.high_first(length as u32 - 2, 7);
                bits.high_first(0, 5);
                length
            }
            _ => {
                match u32::from(byte) {
                    low @ 0..144 => bits.high_first(0b0011_0000 + low, 8),
                    high => bits.high_first(0b1_1001_0000 + high - 144, 9),
                }
                1
            }
        };
        before = Some(byte);
        rest = &rest[taken..];
    }
    bits.high_first(0, 7);
    let mut stream = bits.end();
    stream.extend(adler32(bytes).to_be_bytes());
    stream
}

/// Bits fill each byte from its low end.
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn low_first(&mut self, value: u32, length: u32) {
        self.pending |= value << self.count;
        self.count += length;
        while self.count >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Codes, unlike numbers, are written from their high end.
    fn high_first(&mut self, code: u32, length: u32) {
        self.low_first(code.reverse_bits() >> (32 - length), length);
    }

    fn end(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| match sum & 1 {
            1 => sum >> 1 ^ 0xedb8_8320,
            _ => sum >> 1,
        })
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1u32, 0u32), |(low, high), &byte| {
        let low = (low + u32::from(byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_match_their_published_check_values() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn even_ground_takes_next_to_nothing() {
        let frame = Frame {
            width: 1400,
            height: 940,
            pixels: vec![0x50; 1400 * 940 * 3],
        };

        assert!(encode(&frame).len() < 40_000);
    }
}
