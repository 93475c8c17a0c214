//! Invitations: a link that is read makes a link that reads the same.

use signet_didcomm::out_of_band::{Invitation, InvitationError};

/// The longest link that is read.
const MAX_URL: usize = 64 * 1024;

/// Reads a link, or what a short link leads to.
pub fn invitation(bytes: &[u8]) -> bool {
    let fetched = Invitation::from_bytes(bytes);
    if let Ok(invitation) = &fetched {
        written(invitation);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return fetched.is_ok();
    };
    match Invitation::from_url(text) {
        Ok(invitation) => {
            written(&invitation);
            true
        }
        Err(InvitationError::Short { url, .. }) => {
            assert!(matches!(
                Invitation::from_url(&url),
                Err(InvitationError::Short { url: again, .. }) if again == url
            ));
            fetched.is_ok()
        }
        Err(_) => fetched.is_ok(),
    }
}

fn written(invitation: &Invitation) {
    let again = Invitation::from_message(&invitation.to_message());
    assert_eq!(again.as_ref(), Ok(invitation));
    for base in ["https://example.com", "signet://invitation?a=b"] {
        let url = invitation.to_url(base);
        // Base64 is longer than the bare JSON that may have come.
        if url.len() <= MAX_URL {
            assert_eq!(Invitation::from_url(&url).as_ref(), Ok(invitation));
        }
    }
}
