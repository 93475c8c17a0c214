//! Times as a person and a program can both read them.

use signet_protocol::time::Timestamp;

/// Whole seconds, UTC: `2026-11-22T21:53:00Z`.
///
/// A time that no calendar holds (a contact may claim any) is shown as the last one it does.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds)
        .unwrap_or(jiff::Timestamp::MAX)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// The day alone: `2026-11-22`.
pub(crate) fn day(time: Timestamp) -> String {
    rfc3339(time).chars().take_while(|&c| c != 'T').collect()
}

/// The time of the day alone: `21:53:00`.
pub(crate) fn clock(time: Timestamp) -> String {
    rfc3339(time)
        .chars()
        .skip_while(|&c| c != 'T')
        .skip(1)
        .take(8)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_the_worlds() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696_789, "2000-02-29T12:34:56Z"),
            (1_795_384_380_999, "2026-11-22T21:53:00Z"),
        ] {
            assert_eq!(rfc3339(Timestamp(milliseconds)), text);
        }
    }

    #[test]
    fn a_time_beyond_every_calendar_is_the_last_one() {
        assert_eq!(day(Timestamp(u64::MAX)), "9999-12-30");
        assert_eq!(clock(Timestamp(951_827_696_789)), "12:34:56");
    }
}
