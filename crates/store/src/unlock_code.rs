//! The unlock code: 128 random bits to write on paper, which always open the profile.
//!
//! 28 characters in groups of four, of Crockford's alphabet (no I, L, O, U). The last 12 bits are a
//! CRC, which catches every change of one character and every swap of two neighbours, so a typo is
//! told from a wrong code. Reading takes any case, spaces or hyphens anywhere, O for 0, I and L for 1.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 28;
/// x¹² + x¹¹ + x³ + x² + x + 1.
const POLYNOMIAL: u16 = 0x80F;

/// Shown once, when the profile is made or a fresh code is asked for; it is stored nowhere.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct UnlockCode([u8; 16]);

/// Why a text is no unlock code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Characters are missing or too many.
    #[error("an unlock code has 28 letters and digits; this one has {0}")]
    Length(usize),
    /// A character that no code contains.
    #[error("an unlock code never contains '{0}'")]
    Character(char),
    /// It has the right form, but was mistyped.
    #[error("the unlock code has a typing mistake")]
    Mistyped,
}

impl UnlockCode {
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }

    /// Reads a code as a person types it.
    ///
    /// # Errors
    /// [`CodeError`] says what is wrong with it; whether it fits a profile is another question.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let mut bits = Bits::default();
        let mut count = 0;
        for c in text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '–' | '·' | '.'))
        {
            let upper = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let Some(value) = ALPHABET.iter().position(|a| char::from(*a) == upper) else {
                return Err(CodeError::Character(c));
            };
            count += 1;
            if count <= CHARACTERS {
                bits.push(value);
            }
        }
        if count != CHARACTERS {
            return Err(CodeError::Length(count));
        }
        let (secret, check) = bits.split();
        if crc(&secret) == check {
            Ok(Self(secret))
        } else {
            Err(CodeError::Mistyped)
        }
    }

    pub(crate) fn secret(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for UnlockCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let check = crc(&self.0);
        for i in 0..CHARACTERS {
            if i > 0 && i % 4 == 0 {
                f.write_str("-")?;
            }
            let value = (0..5).fold(0, |value, bit| {
                value << 1 | bit_at(&self.0, check, i * 5 + bit)
            });
            f.write_str(char::from(ALPHABET[value]).encode_utf8(&mut [0; 4]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for UnlockCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnlockCode")
    }
}

/// 140 bits, filled from the front.
#[derive(Default)]
struct Bits {
    secret: u128,
    check: u16,
    count: usize,
}

impl Bits {
    fn push(&mut self, five: usize) {
        for bit in (0..5).rev() {
            let one = five >> bit & 1 == 1;
            if self.count < 128 {
                self.secret = self.secret << 1 | u128::from(one);
            } else {
                self.check = self.check << 1 | u16::from(one);
            }
            self.count += 1;
        }
    }

    fn split(&self) -> ([u8; 16], u16) {
        (self.secret.to_be_bytes(), self.check)
    }
}

fn bit_at(secret: &[u8; 16], check: u16, position: usize) -> usize {
    if position < 128 {
        usize::from(secret[position / 8] >> (7 - position % 8) & 1)
    } else {
        usize::from(check >> (139 - position) & 1)
    }
}

fn crc(secret: &[u8; 16]) -> u16 {
    let mut crc: u16 = 0xABC;
    for byte in secret {
        crc ^= u16::from(*byte) << 4;
        for _ in 0..8 {
            crc = if crc & 0x800 == 0 {
                crc << 1
            } else {
                crc << 1 ^ POLYNOMIAL
            };
        }
    }
    crc & 0xFFF
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_shown_and_as_people_type_it() {
        for _ in 0..200 {
            let code = UnlockCode::random();
            let shown = code.to_string();

            assert_eq!(shown.len(), 34);
            assert!(UnlockCode::parse(&shown).unwrap() == code);
            assert!(UnlockCode::parse(&shown.to_lowercase().replace('-', " ")).unwrap() == code);
            assert!(UnlockCode::parse(&shown.replace('0', "o").replace('1', "l")).unwrap() == code);
            assert!(
                UnlockCode::parse(&format!(" {}\n", shown.replace('-', "").replace('1', "I")))
                    .unwrap()
                    == code
            );
        }
    }

    #[test]
    fn every_single_typo_and_every_swap_of_neighbours_is_caught() {
        let shown = UnlockCode([0x5A; 16]).to_string().replace('-', "");
        for i in 0..CHARACTERS {
            for other in ALPHABET {
                let mut typed = shown.clone().into_bytes();
                if typed[i] == *other {
                    continue;
                }
                typed[i] = *other;
                let typed = String::from_utf8(typed).unwrap();
                assert_eq!(
                    UnlockCode::parse(&typed),
                    Err(CodeError::Mistyped),
                    "{typed}"
                );
            }
        }
        for _ in 0..100 {
            let shown = UnlockCode::random()
                .to_string()
                .replace('-', "")
                .into_bytes();
            for i in 1..CHARACTERS {
                let mut typed = shown.clone();
                typed.swap(i - 1, i);
                if typed != shown {
                    let typed = String::from_utf8(typed).unwrap();
                    assert_eq!(
                        UnlockCode::parse(&typed),
                        Err(CodeError::Mistyped),
                        "{typed}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_code_says_why() {
        let shown = UnlockCode::random().to_string();

        assert_eq!(UnlockCode::parse(""), Err(CodeError::Length(0)));
        assert_eq!(UnlockCode::parse(&shown[..33]), Err(CodeError::Length(27)));
        assert_eq!(
            UnlockCode::parse(&format!("{shown}7")),
            Err(CodeError::Length(29))
        );
        assert_eq!(UnlockCode::parse("abcd-!"), Err(CodeError::Character('!')));
        assert_eq!(UnlockCode::parse("u"), Err(CodeError::Character('u')));
    }
}
