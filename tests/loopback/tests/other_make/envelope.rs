//! Envelopes, by the published `didcomm` crate.

use didcomm::secrets::resolvers::ExampleSecretsResolver;
use didcomm::{Message, PackEncryptedOptions, UnpackOptions};
use serde_json::Value;

use super::dids::{Own, Resolver};

/// A message, and what its envelope proved.
pub struct Opened {
    pub message: Message,
    /// The sender, if the envelope says for sure who it is.
    pub sender: Option<String>,
    /// Which of the mediator's DIDs it is for.
    pub us: String,
}

/// Opens what is for one of these DIDs.
pub async fn open(own: &[Own], envelope: &str) -> Result<Opened, didcomm::error::Error> {
    let options = UnpackOptions {
        // It would look for the keys of whoever is next.
        unwrap_re_wrapping_forward: false,
        ..UnpackOptions::default()
    };
    let (message, proved) = Message::unpack(envelope, &Resolver, &secrets(own), &options).await?;
    let did_of = |kid: &String| kid.split('#').next().unwrap_or_default().to_owned();
    let sender = proved.encrypted_from_kid.as_ref();
    let us = proved.encrypted_to_kids.iter().flatten().next();
    Ok(Opened {
        message,
        sender: sender.filter(|_| proved.authenticated).map(did_of),
        us: us.map(did_of).unwrap_or_default(),
    })
}

/// Seals a message, given as JSON, so that `to` knows that it is from `from`.
pub async fn seal(
    own: &[Own],
    message: Value,
    from: &str,
    to: &str,
) -> Result<String, didcomm::error::Error> {
    let message: Message = serde_json::from_value(message).expect("a message");
    let options = PackEncryptedOptions {
        forward: false,
        ..PackEncryptedOptions::default()
    };
    let packed = message
        .pack_encrypted(to, Some(from), None, &Resolver, &secrets(own), &options)
        .await?;
    Ok(packed.0)
}

fn secrets(own: &[Own]) -> ExampleSecretsResolver {
    ExampleSecretsResolver::new(own.iter().map(|own| own.secret.clone()).collect())
}
