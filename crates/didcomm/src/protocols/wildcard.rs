//! Patterns in which `*` stands for any run of characters, an empty one too.

/// Whether `text` fits `pattern`, case of ASCII letters aside: type URIs are compared so.
///
/// Takes time in proportion to both lengths for any number of `*`, so a stranger's pattern costs
/// no more than its bytes.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let text = text.to_ascii_lowercase();
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = text.strip_prefix(start);
    let Some(mut inner) = inner.and_then(|inner| inner.strip_suffix(end)) else {
        return false;
    };
    // The leftmost place leaves the most room for what follows.
    for part in middle.split('*') {
        match inner.split_once(part) {
            Some((_, after)) => inner = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "anything"),
            ("**", "anything"),
            ("a*", "a"),
            ("*a", "aa"),
            ("a*c", "abc"),
            ("a*b*c", "a-b-b-c"),
            ("*b*", "abc"),
            ("a*bc*bc", "abcbcbc"),
            (
                "https://didcomm.org/tictactoe/1.*",
                "https://didcomm.org/TicTacToe/1.0",
            ),
            ("ü*ß", "üüßß"),
            ("", ""),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_does_not_fit_does_not_fit() {
        for (pattern, text) in [
            ("", "a"),
            ("a", "ab"),
            ("a*", "ba"),
            ("a*a", "a"),
            ("a*b*c", "a-c-b"),
            ("a*bc*bc", "a-bc"),
            ("https://didcomm.org/x/1.*", "https://didcomm.org/x/2.0"),
            // No other character means anything but itself.
            ("a.c", "abc"),
            ("a?", "ab"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_few() {
        let pattern = "*a".repeat(50_000) + "b";
        let text = "a".repeat(100_000);

        assert!(!fits(&pattern, &text));
        assert!(fits(&"*a".repeat(50_000), &text));
    }
}
