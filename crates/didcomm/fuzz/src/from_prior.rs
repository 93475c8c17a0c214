//! Rotation proofs: only what was signed by the prior DID holds, and says what was signed.

use aws_lc_rs::signature::Ed25519KeyPair;
use signet_didcomm::from_prior::verify;
use signet_didcomm::{FromPrior, FromPriorError};

use super::people::{NOW, People};
use signet_forger::b64;

/// When everything in the seeds was decided. The fuzzer cannot sign, so nothing else verifies.
pub const DECIDED: u64 = 1_650_000_000;

/// Reads a JWT. With a line break in it: a header and claims that Carol signs as they are.
pub fn from_prior(bytes: &[u8]) -> bool {
    let as_it_is = std::str::from_utf8(bytes).is_ok_and(|jwt| match verified(jwt) {
        Ok(prior) => {
            assert_eq!(prior.iat, DECIDED, "nobody signed this");
            true
        }
        Err(_) => false,
    });
    let Some(place) = bytes.iter().position(|byte| *byte == b'\n') else {
        return as_it_is;
    };
    let (header, claims) = (&bytes[..place], &bytes[place + 1..]);
    let carol = &People::get().carol;
    let input = format!("{}.{}", b64(header), b64(claims));
    let pair = Ed25519KeyPair::from_seed_unchecked(&carol.seed).expect("a seed");
    let jwt = format!("{input}.{}", b64(pair.sign(input.as_bytes())));
    match verified(&jwt) {
        Ok(prior) => {
            assert!(prior.iss.is_same_as(&carol.did), "Carol speaks for herself");
            true
        }
        Err(error) => {
            assert_ne!(error, FromPriorError::Signature, "Carol did sign it");
            as_it_is
        }
    }
}

fn verified(jwt: &str) -> Result<FromPrior, FromPriorError> {
    let people = People::get();
    let prior = verify(jwt, &|did| people.document(did), NOW)?;
    assert!(
        prior
            .sub
            .as_ref()
            .is_none_or(|sub| !sub.is_same_as(&prior.iss))
    );
    assert!(prior.exp.is_none_or(|exp| exp >= NOW));
    Ok(prior)
}
