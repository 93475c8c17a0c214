//! The clock that the machine is given: the system's, but never running backwards.

use std::time::{Instant, SystemTime};

use signet_protocol::time::Timestamp;

/// Follows the system clock; when that is set back, time goes on from where it was.
pub(crate) struct Clock {
    last: Timestamp,
    read: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            last: system(),
            read: Instant::now(),
        }
    }

    pub(crate) fn now(&mut self) -> Timestamp {
        let read = Instant::now();
        self.last = system().max(self.last.after(read - self.read));
        self.read = read;
        self.last
    }
}

/// The system clock as it is, for what is only shown.
pub(crate) fn system() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
