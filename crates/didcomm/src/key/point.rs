//! Points of the curves of Weierstrass form, compressed and not.
//!
//! Source: SEC 1 §2.3.3, §2.3.4.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256K1_SHA256_FIXED, ECDSA_P384_SHA384_FIXED,
    ECDSA_P521_SHA512_FIXED, EcdsaVerificationAlgorithm, ParsedPublicKey,
};

use super::Curve;

/// The first byte of an uncompressed point.
pub(super) const UNCOMPRESSED: u8 = 4;

/// Whether `point`, in either form, is one of the curve. The point at infinity is none.
pub(super) fn is_on_curve(curve: Curve, point: &[u8]) -> bool {
    parse(curve, point).is_some()
}

/// The uncompressed form; `None` for what is no point of the curve.
pub(super) fn uncompressed(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    // The primitives give a point away only inside a SubjectPublicKeyInfo, whose end it is.
    let der = AsDer::<PublicKeyX509Der>::as_der(&parse(curve, point)?).ok()?;
    let der = der.as_ref();
    let point = der.get(der.len().checked_sub(1 + 2 * curve.width())?..)?;
    coordinates(curve, point).map(|_| point.to_vec())
}

/// The compressed form of an uncompressed point. Whether it is on the curve is not asked.
pub(super) fn compressed(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    let (x, y) = coordinates(curve, point)?;
    let sign = 2 | (y.last()? & 1);
    Some([&[sign], x].concat())
}

/// x and y of an uncompressed point; `None` for anything else.
pub(super) fn coordinates(curve: Curve, point: &[u8]) -> Option<(&[u8], &[u8])> {
    if !curve.is_weierstrass() {
        return None;
    }
    let (&form, rest) = point.split_first()?;
    let (x, y) = rest.split_at_checked(curve.width())?;
    (form == UNCOMPRESSED && y.len() == curve.width()).then_some((x, y))
}

/// The primitives would read other encodings too, so the length is looked at first.
fn parse(curve: Curve, point: &[u8]) -> Option<ParsedPublicKey> {
    let length = match point.first()? {
        2 | 3 => 1 + curve.width(),
        &UNCOMPRESSED => 1 + 2 * curve.width(),
        _ => return None,
    };
    let algorithm = algorithm(curve).filter(|_| point.len() == length)?;
    ParsedPublicKey::new(algorithm, point).ok()
}

/// Stands for its curve; nothing is signed.
fn algorithm(curve: Curve) -> Option<&'static EcdsaVerificationAlgorithm> {
    match curve {
        Curve::X25519 | Curve::Ed25519 => None,
        Curve::P256 => Some(&ECDSA_P256_SHA256_FIXED),
        Curve::P384 => Some(&ECDSA_P384_SHA384_FIXED),
        Curve::P521 => Some(&ECDSA_P521_SHA512_FIXED),
        Curve::Secp256k1 => Some(&ECDSA_P256K1_SHA256_FIXED),
    }
}
