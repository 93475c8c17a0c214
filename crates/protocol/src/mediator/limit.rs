//! The bounds of what one envelope can ask a mediator for.

use std::time::Duration;

/// Bytes of the largest envelope that is kept. Within a delivery it is encoded twice, and a recipient
/// takes no envelope of more than 1 MiB.
pub const ENVELOPE: usize = 560 * 1024;
/// Envelopes in one delivery.
pub const DELIVERY: usize = 100;
/// Bytes of envelopes in one delivery, unless it is a single one.
pub const DELIVERY_BYTES: usize = 512 * 1024;
/// Registered DIDs in one answer.
pub const RECIPIENTS: usize = 128;
/// How long an envelope waits.
pub const HOLD: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a sender may have an envelope held back.
pub const DELAY: Duration = Duration::from_secs(24 * 3600);
/// Invitations of one account that have a page.
pub const HOSTED: usize = 100;
/// How long an invitation has one, unless it is asked for again.
pub const HOSTING: Duration = Duration::from_secs(90 * 24 * 3600);
