//! Problem codes: sorter, scope and descriptors, as in `e.p.req.time`.
//!
//! Source: DIDComm Messaging v2.1, "Problem Codes".

/// The descriptors that the specification defines. The longer stand after their beginnings.
pub const DESCRIPTORS: [&str; 15] = [
    "trust",
    "trust.crypto",
    "xfer",
    "did",
    "msg",
    "me",
    "me.res",
    "me.res.net",
    "me.res.memory",
    "me.res.storage",
    "me.res.compute",
    "me.res.money",
    "req",
    "req.time",
    "legal",
];

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sorter {
    /// What was tried failed.
    Error,
    /// It may have gone well; whoever reads it decides.
    Warning,
}

/// What is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope<'a> {
    /// The protocol: the thread is over.
    Protocol,
    /// What was done since this state, to which the thread returns.
    State(&'a str),
    /// One message, which has no effect.
    Message,
}

/// A code taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code<'a> {
    /// How bad it is.
    pub sorter: Sorter,
    /// What is given up.
    pub scope: Scope<'a>,
    /// What went wrong, from the general to the special, with dots between.
    pub descriptors: &'a str,
}

impl<'a> Code<'a> {
    /// Takes a code apart; `None` if it does not have its three parts. Tokens are read in any
    /// case and with underscores too: the specification's own examples have some.
    pub fn parse(code: &'a str) -> Option<Self> {
        let (sorter, rest) = code.split_once('.')?;
        let (scope, descriptors) = rest.split_once('.')?;
        let is_token = |token: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !token.is_empty() && token.bytes().all(allowed)
        };
        if !is_token(scope) || !descriptors.split('.').all(is_token) {
            return None;
        }
        Some(Self {
            sorter: match sorter {
                "e" | "E" => Sorter::Error,
                "w" | "W" => Sorter::Warning,
                _ => return None,
            },
            scope: match scope {
                "p" | "P" => Scope::Protocol,
                "m" | "M" => Scope::Message,
                state => Scope::State(state),
            },
            descriptors,
        })
    }
}

impl Scope<'_> {
    /// Whether it gives up at least as much as `other`. Of two different states nobody can tell.
    pub fn covers(self, other: Scope<'_>) -> bool {
        match (self, other) {
            (Scope::Protocol, _) | (Scope::State(_) | Scope::Message, Scope::Message) => true,
            (Scope::State(ours), Scope::State(theirs)) => ours.eq_ignore_ascii_case(theirs),
            (Scope::State(_), Scope::Protocol)
            | (Scope::Message, Scope::Protocol | Scope::State(_)) => false,
        }
    }
}

/// Whether a code is as the specification wants it written: `e` or `w`, a scope, and one or more
/// descriptors, each in lower-case letters, digits and single hyphens.
pub fn is_well_formed(code: &str) -> bool {
    let is_kebab = |token: &str| {
        let is_word = |word: &str| {
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            !word.is_empty() && word.bytes().all(allowed)
        };
        token.split('-').all(is_word)
    };
    matches!(code.as_bytes(), [b'e' | b'w', b'.', ..])
        && code.split('.').count() > 2
        && code.split('.').all(is_kebab)
}

/// The most special of the [`DESCRIPTORS`] that a code begins with after its sorter and scope, so
/// that a program has words for codes it never met. Either may be missing: the specification's
/// own examples leave them out.
pub fn descriptor(code: &str) -> Option<&'static str> {
    let after = |code| str::split_once(code, '.').map(|(_, rest)| rest);
    let whole = Some(code);
    let one = whole.and_then(after);
    let two = one.and_then(after);
    // The grammar first: in `e.m.me.res` the scope is `m`, and `me` a descriptor.
    let mut starts = [two, one, whole].into_iter().flatten();
    starts.find_map(|start| {
        let mut found = DESCRIPTORS.iter().rev();
        found.find(|known| begins(start, known)).copied()
    })
}

/// Whether a code, or what is left of one, is `prefix` or a more special one, by whole tokens and
/// regardless of case.
pub(super) fn begins(code: &str, prefix: &str) -> bool {
    let start = code.get(..prefix.len());
    let rest = code.get(prefix.len()..).unwrap_or_default();
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        && (rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_a_sorter_a_scope_and_descriptors() {
        let parsed = |code| Code::parse(code).map(|c| (c.sorter, c.scope, c.descriptors));

        assert_eq!(
            parsed("e.p.xfer.cant-use-endpoint"),
            Some((Sorter::Error, Scope::Protocol, "xfer.cant-use-endpoint"))
        );
        assert_eq!(
            parsed("w.m.trust"),
            Some((Sorter::Warning, Scope::Message, "trust"))
        );
        assert_eq!(
            parsed("e.get-pay-details.payment-failed"),
            Some((
                Sorter::Error,
                Scope::State("get-pay-details"),
                "payment-failed"
            ))
        );
        let lenient = parsed("W.M.me.res.storage.message_too_big");
        assert_eq!(lenient.map(|(sorter, _, _)| sorter), Some(Sorter::Warning));
    }

    #[test]
    fn what_lacks_a_part_is_no_code() {
        for code in [
            "",
            "e",
            "e.p",
            "e.p.",
            "e..req",
            "e.p.req.",
            "x.p.req",
            ".p.req",
            "e.p.r q",
            "e.p.req..time",
            "e.p.ü",
        ] {
            assert_eq!(Code::parse(code), None, "{code}");
            assert!(!is_well_formed(code), "{code}");
        }
    }

    #[test]
    fn well_formed_are_lower_case_words_with_single_hyphens() {
        for code in ["e.p.req", "w.m.req.time", "e.some-state.a1.b-2-c"] {
            assert!(is_well_formed(code), "{code}");
        }
        for code in [
            "E.p.req", "e.P.req", "e.p.a_b", "e.p.-a", "e.p.a-", "e.p.a--b", "e.msg", "ex.p.req",
        ] {
            assert!(!is_well_formed(code), "{code}");
        }
    }

    #[test]
    fn the_most_special_known_descriptor_is_found() {
        for (code, found) in [
            ("e.p.req.time.invitation-expired", Some("req.time")),
            ("e.p.req.timeless", Some("req")),
            ("e.m.me.res.storage.message_too_big", Some("me.res.storage")),
            ("me.res.storage.message_too_big", Some("me.res.storage")),
            ("w.msg.bad-lang", Some("msg")),
            ("e.some-state.Trust.Crypto", Some("trust.crypto")),
            ("e.m.live-mode-not-supported", None),
            ("e.p", None),
            ("", None),
        ] {
            assert_eq!(descriptor(code), found, "{code}");
        }
    }

    #[test]
    fn a_protocol_covers_a_state_and_a_state_a_message() {
        let [p, m] = [Scope::Protocol, Scope::Message];
        let [a, b] = [Scope::State("a"), Scope::State("b")];

        for (wide, narrow) in [(p, p), (p, a), (p, m), (a, a), (a, m), (m, m)] {
            assert!(wide.covers(narrow), "{wide:?} {narrow:?}");
        }
        for (narrow, wide) in [(a, p), (m, p), (m, a), (a, b)] {
            assert!(!narrow.covers(wide), "{narrow:?} {wide:?}");
        }
    }
}
