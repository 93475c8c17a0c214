//! Spans of time as people type them: `30s`, `15m`, `12h`, `7d`, `2w`.

use std::time::Duration;

/// Reads a whole number with its unit, from seconds to weeks.
///
/// # Errors
/// One sentence.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong =
        || "a span of time is a number with s, m, h, d or w behind it, such as 7d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        'w' => 7 * 24 * 3600,
        _ => return Err(wrong()),
    };
    let number: u32 = text
        .strip_suffix(unit)
        .and_then(|number| number.parse().ok())
        .ok_or_else(wrong)?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_with_its_unit() {
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("7d"), Ok(Duration::from_secs(604_800)));
        for text in [
            "",
            "7",
            "d",
            "-1d",
            "1.5h",
            "7 d",
            "7y",
            "99999999999s",
            "7ä",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
