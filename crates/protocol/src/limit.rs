//! The bounds: everything that a stranger, a contact or time can grow has one.

use std::time::Duration;

/// Bytes of one text message. Its envelope stays below 1 MiB even when every byte is escaped to
/// six, and a mediator's `forward` is put around it.
pub const TEXT: usize = 64 * 1024;
/// Bytes of a name.
pub const NAME: usize = 256;
/// Bytes of a private note.
pub const NOTE: usize = 1024;
/// Messages in the whole outbox.
pub const OUTBOX: usize = 10_000;
/// Bytes of the whole outbox.
pub const OUTBOX_BYTES: usize = 64 << 20;
/// Early messages of one contact.
pub const EARLY: usize = 256;
/// Requests that wait for the person.
pub const REQUESTS: usize = 1_000;
/// Invitations that are open at once.
pub const INVITATIONS: usize = 10_000;
/// Acknowledgements owed to one contact.
pub const ACKS: usize = 4_096;
/// Retired DIDs remembered of one contact, besides those the journal holds.
pub const RETIRED: usize = 256;
/// Multiaddresses taken from one `addresses` message.
pub const ADDRESSES: usize = 16;
/// Envelopes packed in one step.
pub const PACKED_PER_STEP: usize = 16;
/// Envelopes under way to one contact at once.
pub const IN_FLIGHT: usize = 64;
/// Messages on their way at once to a contact whose agent is not known to be Signet: it may show them
/// in order of arrival.
pub const IN_FLIGHT_ELSEWHERE: usize = 1;
/// Mediators of one profile.
pub const MEDIATORS: usize = 8;

/// Messages of one contact that leave while the first of them has no custody: fewer than
/// [`EARLY`], or the other side would give them places before the first.
pub const AHEAD: u64 = 128;

/// How long an early message waits for its predecessors while its sender could be heard.
pub const EARLY_WAIT: Duration = Duration::from_secs(30);
/// And at most, while a mediator of ours may keep them.
pub const EARLY_WAIT_AT_MOST: Duration = Duration::from_secs(5 * 60);
/// How often it is seen whether that is so.
pub const EARLY_AGAIN: Duration = Duration::from_secs(5);
/// How long a message waits for custody before it has failed.
pub const NO_CUSTODY: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a message rests with a hop before it is sent again.
pub const REST: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a retired DID of ours still opens late mail. A week covers a computer left at home.
pub const GRACE: Duration = Duration::from_secs(7 * 24 * 3600);
/// A step of the clock that is not believed at once.
pub const JUMP: Duration = Duration::from_secs(24 * 3600);
/// How long a due time must have stood before something irreversible is done.
pub const SETTLE: Duration = Duration::from_secs(3600);
/// The first wait after a failed attempt.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// The longest wait between attempts.
pub const BACKOFF_LAST: Duration = Duration::from_secs(15 * 60);
/// An attempt without a report is over after this.
pub const ATTEMPT: Duration = Duration::from_secs(60);
/// How long a mediator may take to answer, a megabyte over a slow line included.
pub const MEDIATOR_ANSWER: Duration = Duration::from_secs(90);
/// And how long when nothing came back with the response to the question.
pub const SILENT_ANSWER: Duration = Duration::from_secs(5);
/// How long one may be silent before our DIDs name others only.
pub const SILENT: Duration = Duration::from_secs(24 * 3600);
/// How long one that cannot send by itself is not asked to.
pub const NOT_LIVE: Duration = Duration::from_secs(24 * 3600);
/// How long one that hosts no invitations is not asked to.
pub const NO_PAGES: Duration = Duration::from_secs(24 * 3600);
/// How soon one that said nothing to that is asked once more.
pub const PAGE_AGAIN: Duration = Duration::from_secs(60);
/// The shortest wait before an invitation is hosted for longer.
pub const RENEW: Duration = Duration::from_secs(3600);
/// How long it may take to say something.
pub const PAGE_ANSWER: Duration = Duration::from_secs(15);
/// Characters of a short link.
pub const SHORT_LINK: usize = 300;
/// The longest wait before a mediator is asked again.
pub const MEDIATOR_BACKOFF: Duration = Duration::from_secs(5 * 60);
/// A mediator's relay is used for so long before another one that it names.
pub const RELAY: Duration = Duration::from_secs(3600);
/// How often a mediator is asked for mail.
pub const FETCH: Duration = Duration::from_secs(20);
/// And while it sends what comes by itself: a connection may lose what it was given.
pub const FETCH_WHILE_LIVE: Duration = Duration::from_secs(5 * 60);
/// How long envelopes of a delivery may take to be opened before they are fetched again.
pub const OPENING: Duration = Duration::from_secs(60);
/// How often it is seen whether a contact who waits for another DID of ours can be given one.
pub const MOVE_AGAIN: Duration = Duration::from_secs(60);
/// How long a message rests before the acknowledgement of a later one means that it is lost: two
/// wires may overtake each other for a while.
pub const PASSED_OVER: Duration = Duration::from_secs(10);
