//! `from_prior`: the old DID's signature under the news of the new one, or of the end.
//!
//! A compact JWT signed by a key that the prior DID's document lists for authentication.
//! Whether `iss` is known, or was left before, is for the caller to judge.
//!
//! Source: DIDComm Messaging v2.1, "DID Rotation", "Ending a Relationship".

use serde_json::{Map, Value};

use crate::base64url;
use crate::did::{Did, DidUrl};
use crate::document::{Document, ResolveError};
use crate::envelope::{Forged, PackError, algorithm, verify as verify_signature};
use crate::json::strict_object;
use crate::key::{SecretKeys, SignatureAlgorithm};

/// The longest JWT we read: two long DIDs and a kid, twice in base64.
const MAX_JWT: usize = 32 * 1024;

/// A verified announcement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FromPrior {
    /// The DID that is left.
    pub iss: Did,
    /// The DID that replaces it; `None` ends the relationship.
    pub sub: Option<Did>,
    /// When it was decided, in seconds since the Unix epoch; never compared with our clock.
    pub iat: u64,
    /// Until when it holds, if it says so.
    pub exp: Option<u64>,
}

/// Why an announcement does not hold. The contact is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FromPriorError {
    /// Not a compact JWT of one signature.
    #[error("not a rotation proof")]
    Form,
    /// An algorithm that DIDComm does not have.
    #[error("the rotation proof is signed with {0}")]
    Algorithm(String),
    /// A claim is missing or malformed.
    #[error("the claim {0} is missing or malformed")]
    Claim(&'static str),
    /// The new DID is the old one.
    #[error("the rotation leads nowhere")]
    SameDid,
    /// The signing key is not one of the prior DID, or may not sign for it.
    #[error("the key may not speak for the prior DID")]
    Key,
    /// The signature is wrong.
    #[error("the rotation proof's signature does not verify")]
    Signature,
    /// `exp` lies in the past.
    #[error("the rotation proof has expired")]
    Expired,
    /// The message is not from the new DID; or it ends the relationship and names a sender.
    #[error("the rotation proof is not about the message's sender")]
    Subject,
    /// The prior DID's document is missing or invalid.
    #[error("the prior DID cannot be resolved")]
    Resolve(#[source] ResolveError),
}

/// Announces that `iss`, whose keys are `prior`, is left for `sub`, or for nothing.
///
/// `iat` is the time of the decision, the same in every repeat, in seconds since the epoch.
///
/// # Errors
/// [`PackError::From`] if the keys are not those of `iss` or `sub` is `iss`;
/// [`PackError::NoKey`] if none of them signs.
pub fn sign(
    prior: &SecretKeys,
    iss: &Did,
    sub: Option<&Did>,
    iat: u64,
) -> Result<String, PackError> {
    if !iss.is_same_as(prior.did()) || sub.is_some_and(|sub| sub.is_same_as(iss)) {
        return Err(PackError::From);
    }
    let key = prior.signing().ok_or(PackError::NoKey)?;
    let kid = key.kid().under(iss);
    let alg = key.signature_algorithm().ok_or(PackError::NoKey)?.name();
    let header = format!("{{\"typ\":\"JWT\",\"alg\":\"{alg}\",\"kid\":\"{kid}\"}}");
    let sub = sub.map_or(String::new(), |sub| format!("\"sub\":\"{sub}\","));
    let claims = format!("{{\"iss\":\"{iss}\",{sub}\"iat\":{iat}}}");
    let mut jwt = base64url::encode(header);
    jwt.push('.');
    jwt.push_str(&base64url::encode(claims));
    let signature = key.sign(jwt.as_bytes()).ok_or(PackError::NoKey)?;
    jwt.push('.');
    jwt.push_str(&base64url::encode(signature));
    Ok(jwt)
}

/// Verifies an announcement with the document of the DID that is left.
///
/// # Errors
/// [`FromPriorError`].
pub fn verify(
    jwt: &str,
    document: &dyn Fn(&Did) -> Result<Document, ResolveError>,
    now: u64,
) -> Result<FromPrior, FromPriorError> {
    if jwt.len() > MAX_JWT {
        return Err(FromPriorError::Form);
    }
    let (input, signature) = jwt.rsplit_once('.').ok_or(FromPriorError::Form)?;
    let (header, claims) = input.split_once('.').ok_or(FromPriorError::Form)?;
    let header = read_part(header)?;
    let prior = read_claims(&read_part(claims)?)?;
    let signature = base64url::decode(signature).ok_or(FromPriorError::Form)?;
    let (alg, kid) = read_header(&header)?;
    if !kid.did().is_same_as(&prior.iss) {
        return Err(FromPriorError::Key);
    }
    let document = document(&prior.iss).map_err(FromPriorError::Resolve)?;
    if !document.id.is_same_as(&prior.iss) {
        return Err(FromPriorError::Resolve(ResolveError::invalid(&prior.iss)));
    }
    let key = document
        .authentication_key(&kid)
        .ok_or(FromPriorError::Key)?;
    verify_signature(alg, key, &[input.as_bytes()], &signature).map_err(|error| {
        if error == Forged::Key {
            return FromPriorError::Key;
        }
        FromPriorError::Signature
    })?;
    if prior.exp.is_some_and(|exp| exp < now) {
        return Err(FromPriorError::Expired);
    }
    Ok(prior)
}

fn read_part(part: &str) -> Result<Map<String, Value>, FromPriorError> {
    base64url::decode(part)
        .and_then(|bytes| strict_object(&bytes))
        .ok_or(FromPriorError::Form)
}

fn read_header(
    header: &Map<String, Value>,
) -> Result<(SignatureAlgorithm, DidUrl), FromPriorError> {
    let text = |name| header.get(name).and_then(Value::as_str);
    if header.contains_key("crit") {
        return Err(FromPriorError::Form);
    }
    let is_jwt = text("typ").is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    let alg = text("alg").filter(|_| is_jwt).ok_or(FromPriorError::Form)?;
    let alg = algorithm(alg)
        .map_err(|_| FromPriorError::Algorithm("an algorithm that is not allowed".to_owned()))?;
    text("kid")
        .and_then(|kid| DidUrl::parse_kid(kid).ok())
        .map(|kid| (alg, kid))
        .ok_or(FromPriorError::Key)
}

fn read_claims(claims: &Map<String, Value>) -> Result<FromPrior, FromPriorError> {
    let did = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_str()
            .and_then(|text| Did::parse(text).ok())
            .map(Some)
            .ok_or(FromPriorError::Claim(name)),
    };
    let time = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(value) => crate::message::whole(value)
            .map(Some)
            .ok_or(FromPriorError::Claim(name)),
    };
    let prior = FromPrior {
        iss: did("iss")?.ok_or(FromPriorError::Claim("iss"))?,
        sub: did("sub")?,
        // Libraries leave it out; it orders nothing of theirs.
        iat: time("iat")?.unwrap_or(0),
        exp: time("exp")?,
    };
    match &prior.sub {
        Some(sub) if sub.is_same_as(&prior.iss) => Err(FromPriorError::SameDid),
        Some(_) | None => Ok(prior),
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::did::{peer2, peer4};
    use crate::document;

    #[test]
    fn a_rotation_and_an_ending_verify_with_the_document_of_the_prior_did() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (iss, keys) = peer2::create(&[], &mut rng);
        let (sub, _) = peer4::create(&[], &mut rng);

        let rotation = sign(&keys, &iss, Some(&sub), 7).unwrap();
        let ending = sign(&keys, &iss, None, 8).unwrap();

        let verified = verify(&rotation, &document::resolve, 0).unwrap();
        assert_eq!((&verified.iss, verified.sub), (&iss, Some(sub)));
        assert_eq!((verified.iat, verified.exp), (7, None));
        let verified = verify(&ending, &document::resolve, 0).unwrap();
        assert_eq!((&verified.iss, verified.sub), (&iss, None));
    }

    #[test]
    fn a_proof_in_the_short_form_verifies_for_who_knows_the_long_one() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (iss, keys) = peer4::create(&[], &mut rng);
        let jwt = sign(&keys, &iss.short(), None, 7).unwrap();
        let known = document::resolve(&iss).unwrap();

        assert!(verify(&jwt, &|_| Ok(known.clone()), 0).is_ok());
        assert!(matches!(
            verify(&jwt, &document::resolve, 0),
            Err(FromPriorError::Resolve(ResolveError::NeedsLongForm { .. }))
        ));
    }

    #[test]
    fn keys_sign_only_for_their_own_did_and_never_to_itself() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (iss, keys) = peer4::create(&[], &mut rng);
        let (other, _) = peer2::create(&[], &mut rng);

        assert_eq!(sign(&keys, &other, None, 7), Err(PackError::From));
        assert_eq!(
            sign(&keys, &iss, Some(&iss.short()), 7),
            Err(PackError::From)
        );
    }
}
