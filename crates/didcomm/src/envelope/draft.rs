//! The example of the ECDH-1PU draft, which nobody else computes: its keys are wrapped by A128KW.
//!
//! Source: draft-madden-jose-ecdh-1pu-04, Appendix B.

use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap};

use super::cipher::{ContentCipher, ContentKey};
use super::kdf::{self, Party};
use crate::base64url::decode;
use crate::did::DidUrl;
use crate::key::{Curve, PublicKey, SecretKey};

const PROTECTED: &str = "eyJhbGciOiJFQ0RILTFQVStBMTI4S1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwi\
    YXB1IjoiUVd4cFkyVSIsImFwdiI6IlFtOWlJR0Z1WkNCRGFHRnliR2xsIiwiZXBrIjp7Imt0eSI6Ik9LUCIsImNydi\
    I6IlgyNTUxOSIsIngiOiJrOW9mX2NwQWFqeTBwb1c1Z2FpeFhHczluSGt3ZzFBRnFVQUZhMzlkeUJjIn19";
const IV: &str = "AAECAwQFBgcICQoLDA0ODw";
const CIPHERTEXT: &str = "Az2IWsISEMDJvyc5XRL-3-d-RgNBOGolCsxFFoUXFYw";
const TAG: &str = "HLb4fTlm8spGmij3RyOs2gJ4DpHM4hhVRwdF_hGb3WQ";

/// Each recipient's `d` and `encrypted_key`.
const RECIPIENTS: [(&str, &str); 2] = [
    (
        "1gDirl_r_Y3-qUa3WXHgEXrrEHngWThU3c9zj9A2uBg",
        "pOMVA9_PtoRe7xXW1139NzzN1UhiFoio8lGto9cf0t8PyU-sjNXH8-LIRLycq8CHJQbDwvQeU1cSl55cQ0hGezJu2N\
         9IY0QN",
    ),
    (
        "Jcv8gklhMjC0b-lsk5onBbppWAx5ncNtbM63Jr9xBQE",
        "56GVudgRLIMEElQ7DpXsijJVRSWUSDNdbWkdV3g0GUNq6hcT_GkxwnxlPIWrTXCqRpVKQC8fe4z3PQ2YH2afvjQ28a\
         iCTWFE",
    ),
];

/// `x` of the sender's key and of the one in `epk`.
const SENDER: &str = "Knbm_BcdQr7WIoz-uqit9M0wbcfEr6y-9UfIZ8QnBD4";
const EPHEMERAL: &str = "k9of_cpAajy0poW5gaixXGs9nHkwg1AFqUAFa39dyBc";

fn public(x: &str) -> PublicKey {
    PublicKey::new(Curve::X25519, &decode(x).unwrap()).unwrap()
}

/// What a recipient reads, if the tag that enters the key derivation is this one.
fn open((d, encrypted_key): (&str, &str), tag: Option<&[u8]>) -> Option<String> {
    let kid = DidUrl::parse("did:example:recipient#key").unwrap();
    let ours = SecretKey::from_raw(kid, Curve::X25519, &decode(d).unwrap()).unwrap();
    let (ze, zs) = (
        ours.agree(&public(EPHEMERAL)).unwrap(),
        ours.agree(&public(SENDER)).unwrap(),
    );
    let party = Party {
        alg: "ECDH-1PU+A128KW",
        apu: b"Alice",
        apv: b"Bob and Charlie",
        tag,
    };
    let kek = kdf::concat::<16>(&[&ze, &zs], &party);
    let wrapped = decode(encrypted_key).unwrap();
    let mut room = [0; 128];
    let kek = AesKek::new(&AES_128, &*kek).unwrap();
    let content_key = kek.unwrap(&wrapped, &mut room).ok()?;

    // The content key comes in by the only door it has: wrapped for DIDComm's algorithm.
    let ours = kdf::derive(&[b"any"], &party);
    let mut wrapped = [0; 128];
    let kek = AesKek::new(&AES_256, &*ours).unwrap();
    let wrapped = kek.wrap(content_key, &mut wrapped).unwrap();
    let key = ContentKey::unwrap(ContentCipher::A256CbcHs512, wrapped, &ours).unwrap();
    let [iv, content, tag] = [IV, CIPHERTEXT, TAG].map(|text| decode(text).unwrap());
    let content = key.open(&iv, PROTECTED.as_bytes(), content, &tag).unwrap();
    String::from_utf8(content).ok()
}

#[test]
fn the_example_opens_for_both_recipients() {
    let tag = decode(TAG).unwrap();
    for recipient in RECIPIENTS {
        let text = open(recipient, Some(&tag));
        assert_eq!(text.as_deref(), Some("Three is a magic number."));
    }
}

#[test]
fn it_opens_only_if_its_tag_entered_the_key() {
    let other = [0; 32];
    for tag in [None, Some(&other[..])] {
        for recipient in RECIPIENTS {
            assert_eq!(open(recipient, tag), None);
        }
    }
}
