//! did:web: the document lies on a web server, under an address that the DID spells out.
//!
//! Nothing is fetched here. [`url`] says what to get, and [`resolve`] takes what came. Whoever
//! fetches does so over TLS with a valid certificate, reads no more than [`MAX_DOCUMENT`] bytes and
//! keeps away from addresses that a stranger should not make him visit; a failure to fetch is worth
//! repeating, a document that is refused here is not.
//!
//! Source: did:web, "Create (Register)", "Read (Resolve)"; DIDComm Messaging v2.1, "DID Document
//! Keys".

use super::{Did, Method};
use crate::document::{Document, ResolveError};

/// The largest document read, in bytes. A mediator's has about two thousand.
pub const MAX_DOCUMENT: usize = 64 * 1024;

/// The longest name of a host and of one of its labels. Source: RFC 1035 §2.3.4.
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

/// Where the document of a did:web lies: an `https` URL without query and fragment.
///
/// # Errors
/// [`ResolveError::Invalid`] if the DID names no such place: an IP address, which the method
/// forbids, no host name, no port, or a path that leads elsewhere than it says.
/// [`ResolveError::Unsupported`] for a DID of another method.
pub fn url(did: &Did) -> Result<String, ResolveError> {
    let unsupported = ResolveError::Unsupported { did: did.clone() };
    let is_web = did.method() == Method::Web;
    let id = did.as_str().strip_prefix("did:web:").filter(|_| is_web);
    address(id.ok_or(unsupported)?).ok_or_else(|| ResolveError::invalid(did))
}

/// The DID of whoever answers at an `https` URL that names a host, maybe a port, and no path; `None`
/// for any other. Its document lies at `/.well-known/did.json` there.
#[must_use]
pub fn of_site(url: &str) -> Option<Did> {
    let site = url.strip_prefix("https://")?;
    let site = site.strip_suffix('/').unwrap_or(site).to_ascii_lowercase();
    let did = Did::parse(&format!("did:web:{}", site.replace(':', "%3A"))).ok()?;
    let place = format!("https://{site}/.well-known/did.json");
    (self::url(&did) == Ok(place)).then_some(did)
}

/// The document of a did:web from the bytes that were found at its [`url`].
///
/// Names in it may be relative, though the method asks for absolute ones.
///
/// # Errors
/// [`ResolveError::Invalid`] if these are more than [`MAX_DOCUMENT`] bytes, no document, or one
/// whose `id` is not this very DID; and as of [`url`].
pub fn resolve(did: &Did, bytes: &[u8]) -> Result<Document, ResolveError> {
    url(did)?;
    if bytes.len() > MAX_DOCUMENT {
        return Err(ResolveError::invalid(did));
    }
    Document::from_slice(bytes, did)
}

/// What [`crate::document::resolve`] says of a did:web.
pub(crate) fn missing(did: &Did) -> ResolveError {
    match url(did) {
        Ok(_) => ResolveError::NeedsFetch { did: did.clone() },
        Err(error) => error,
    }
}

fn address(id: &str) -> Option<String> {
    let mut parts = id.split(':');
    let authority = authority(parts.next()?)?;
    let mut path = String::new();
    for segment in parts {
        if !is_segment(segment) {
            return None;
        }
        path.push('/');
        path.push_str(segment);
    }
    if path.is_empty() {
        path.push_str("/.well-known");
    }
    Some(format!("https://{authority}{path}/did.json"))
}

/// The host, and the port behind a percent-encoded colon.
fn authority(text: &str) -> Option<String> {
    let (host, port) = match text.split_once('%') {
        None => (text, None),
        Some((host, rest)) => {
            let port = rest.strip_prefix("3A").or(rest.strip_prefix("3a"))?;
            (host, Some(port))
        }
    };
    if !is_host(host) {
        return None;
    }
    let Some(port) = port else {
        return Some(host.to_owned());
    };
    let is_plain = !port.starts_with('0') && port.bytes().all(|b| b.is_ascii_digit());
    let port: u16 = port.parse().ok().filter(|_| is_plain)?;
    Some(format!("{host}:{port}"))
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let is_letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or(host);
    host.len() <= MAX_HOST && host.split('.').all(is_label) && !is_number(last)
}

/// A host that ends in a number is an IP address to whoever reads the URL, however it is spelled.
/// Source: WHATWG URL, "ends in a number checker".
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or(label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => label.bytes().all(|b| b.is_ascii_digit()),
    }
}

/// Letters of a DID already, so what remains is that each `%` begins an octet, and that the segment
/// does not lead upwards: readers of URLs take `.` and `%2e` for the same.
fn is_segment(segment: &str) -> bool {
    let mut rest = segment;
    while let Some((_, octet)) = rest.split_once('%') {
        let digits = octet.get(..2);
        if !digits.is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit())) {
            return false;
        }
        rest = octet;
    }
    let dots = segment.to_ascii_lowercase().replace("%2e", ".");
    !matches!(dots.as_str(), "" | "." | "..")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document;

    fn did(text: &str) -> Did {
        Did::parse(text).unwrap()
    }

    /// did:web, "Create (Register)" and "Read (Resolve)": its examples.
    #[test]
    fn the_published_dids_lie_where_the_specification_says() {
        for (text, expected) in [
            (
                "did:web:w3c-ccg.github.io",
                "https://w3c-ccg.github.io/.well-known/did.json",
            ),
            (
                "did:web:w3c-ccg.github.io:user:alice",
                "https://w3c-ccg.github.io/user/alice/did.json",
            ),
            (
                "did:web:example.com%3A3000",
                "https://example.com:3000/.well-known/did.json",
            ),
            (
                "did:web:example.com%3A3000:user:alice",
                "https://example.com:3000/user/alice/did.json",
            ),
        ] {
            assert_eq!(url(&did(text)).as_deref(), Ok(expected));
            assert!(matches!(
                document::resolve(&did(text)),
                Err(ResolveError::NeedsFetch { did }) if did.as_str() == text
            ));
        }
    }

    #[test]
    fn what_is_encoded_in_a_path_stays_encoded() {
        assert_eq!(
            url(&did(
                "did:web:xn--bcher-kva.example%3a8443:a%20b:%C3%A4:..c"
            ))
            .as_deref(),
            Ok("https://xn--bcher-kva.example:8443/a%20b/%C3%A4/..c/did.json")
        );
        assert_eq!(
            url(&did("did:web:localhost:8443")).as_deref(),
            Ok("https://localhost/8443/did.json"),
            "a port without its encoding is a path"
        );
    }

    #[test]
    fn a_did_that_names_no_place_is_invalid() {
        let long_label = format!("did:web:{}.com", "a".repeat(64));
        let long_host = format!("did:web:{}com", "a.".repeat(126));
        for text in [
            "did:web:192.0.2.1",
            "did:web:192.0.2.1%3A8443",
            "did:web:127.1",
            "did:web:2130706433",
            "did:web:0x7f000001",
            "did:web:example.0x7F",
            "did:web:%5B%3A%3A1%5D",
            "did:web:user%40example.com",
            "did:web:example.com.",
            "did:web:.example.com",
            "did:web:example..com",
            "did:web:-example.com",
            "did:web:example-.com",
            "did:web:example_a.com",
            "did:web:example=.com",
            "did:web::example.com",
            "did:web:example.com%3A",
            "did:web:example.com%3A0",
            "did:web:example.com%3A08443",
            "did:web:example.com%3A65536",
            "did:web:example.com%3A84a",
            "did:web:example.com%3A8443%3A1",
            "did:web:example.com%2Fpath",
            "did:web:example.com::a",
            "did:web:example.com:.:a",
            "did:web:example.com:..:a",
            "did:web:example.com:.%2e:a",
            "did:web:example.com:%2E%2e",
            "did:web:example.com:a%",
            "did:web:example.com:a%2",
            "did:web:example.com:a%zz",
            &long_label,
            &long_host,
        ] {
            let invalid = ResolveError::invalid(&did(text));
            assert_eq!(url(&did(text)), Err(invalid.clone()), "{text}");
            assert_eq!(document::resolve(&did(text)), Err(invalid), "{text}");
        }
        let other = did("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
        assert!(matches!(url(&other), Err(ResolveError::Unsupported { .. })));
    }

    #[test]
    fn a_site_has_a_did_if_it_is_a_named_host_on_https() {
        for (url, named) in [
            ("https://mail.example.org/", "did:web:mail.example.org"),
            ("https://Mail.Example.org", "did:web:mail.example.org"),
            ("https://example.org:8443/", "did:web:example.org%3A8443"),
        ] {
            assert_eq!(of_site(url), Some(did(named)), "{url}");
        }
        for url in [
            "http://mail.example.org/",
            "https://192.0.2.1/",
            "https://[2001:db8::1]/",
            "https://example.org/mail/",
            "https://example.org/?a",
            "https://example.org%3A80/",
            "https://a@example.org/",
            "https://example.org:99999/",
            "https://",
        ] {
            assert_eq!(of_site(url), None, "{url}");
        }
    }

    #[test]
    fn a_fetched_document_counts_only_under_its_own_name_and_within_the_limit() {
        let alice = did("did:web:example.com:alice");
        let mut json = json!({
            "id": "did:web:example.com:alice",
            "keyAgreement": [{"id": "#ka", "type": "Multikey",
                "publicKeyMultibase": "z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p"}],
        });
        let document = resolve(&alice, json.to_string().as_bytes()).unwrap();

        let (kid, _) = document.agreement_keys().next().unwrap();
        assert_eq!(kid.as_str(), "did:web:example.com:alice#ka");
        for other in ["did:web:example.com", "did:web:example.com:alice:x"] {
            assert!(resolve(&did(other), json.to_string().as_bytes()).is_err());
        }
        let ip = did("did:web:192.0.2.1");
        assert!(resolve(&ip, br#"{"id":"did:web:192.0.2.1"}"#).is_err());

        json["padding"] = " "
            .repeat(MAX_DOCUMENT - json.to_string().len() - 13)
            .into();
        assert_eq!(json.to_string().len(), MAX_DOCUMENT);
        assert_eq!(resolve(&alice, json.to_string().as_bytes()), Ok(document));
        let larger = json.to_string() + " ";
        assert!(resolve(&alice, larger.as_bytes()).is_err());
        json.as_object_mut().unwrap().remove("id");
        assert!(resolve(&alice, json.to_string().as_bytes()).is_err());
    }
}
