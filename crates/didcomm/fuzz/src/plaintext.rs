//! Plaintexts: what is read is written, and read again as the same.

use signet_didcomm::Message;

/// Reads a plaintext. It is kept as it was understood: the fields of the message that is written
/// are those that were read, and a second writing changes no byte.
pub fn plaintext(bytes: &[u8]) -> bool {
    let through_serde = serde_json::from_slice::<Message>(bytes);
    let Ok(message) = Message::from_slice(bytes) else {
        assert!(through_serde.is_err());
        return false;
    };
    assert!(through_serde.is_ok_and(|other| other == message));

    let written = message.to_vec();
    let again = Message::from_slice(&written).expect("what we write, we read");
    assert!(again == message, "{}", String::from_utf8_lossy(&written));
    assert_eq!(again.to_vec(), written);
    assert!(message.is(&message.type_) || message.kind().is_none());
    for attachment in &message.attachments {
        attachment.bytes();
    }
    let shown = format!("{message:?} {:?}", message.kind());
    assert!(shown.len() < 8 * bytes.len() + 512);
    true
}
