//! The sentences of the house, and how hostile text is made harmless.

use std::borrow::Cow;

use signet_protocol::{
    contact::EndReason,
    entry::{Delivery, DeliveryState, Line, Remark, Route},
};

/// What a line of the house says, as one sentence; `name` is the contact's.
#[must_use]
pub fn line(line: &Line, name: &str) -> String {
    match line {
        Line::Connected => format!("You and {name} are connected."),
        Line::TheyChanged => format!("{name} took a new identity; the previous one confirms it."),
        Line::WeChanged => "You took a new identity.".to_owned(),
        Line::Ended(reason) => ended(*reason, name),
        Line::Unknown { message_type } => {
            format!("{name} sent something that this version cannot show ({message_type}).")
        }
    }
}

/// Why a relationship ended, as one sentence; `name` is the contact's.
#[must_use]
pub fn ended(reason: EndReason, name: &str) -> String {
    match reason {
        EndReason::ByThem => format!("{name} ended the conversation."),
        EndReason::ByUs => "You ended the conversation.".to_owned(),
        EndReason::InvitationUsed => {
            "The invitation had already been used by somebody else.".to_owned()
        }
        EndReason::InvitationExpired => "The invitation had expired.".to_owned(),
        EndReason::InvitationRevoked => "The invitation had been taken back.".to_owned(),
        EndReason::Refused => format!("{name} did not accept the request."),
    }
}

/// The state of an own message, with its way and its remark: `delivered (direct)`.
pub(crate) fn delivery(delivery: &Delivery) -> String {
    let state = match delivery.state {
        DeliveryState::Queued => "queued",
        DeliveryState::Failed => "failed",
        DeliveryState::Sent => "sent",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Read => "read",
    };
    let route = delivery.route.map(|route| match route {
        Route::Direct => "direct",
        Route::Http => "http",
        Route::Mediator => "mediator",
        Route::Relayed => "relayed",
    });
    let remark = delivery.remark.map(|remark| match remark {
        Remark::NoWay => "nobody took it for 30 days",
        Remark::Ended => "the conversation had ended",
        Remark::Unconfirmed => "their software does not confirm",
        Remark::Unreachable => "they name no address that Signet can use",
    });
    let beside: Vec<&str> = route.into_iter().chain(remark).collect();
    if beside.is_empty() {
        return state.to_owned();
    }
    format!("{state} ({})", beside.join(", "))
}

/// Whether a character breaks the line for some reader.
pub(crate) fn is_break(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// A control character made visible; any other as it is.
pub(crate) fn visible(c: char) -> char {
    match c {
        '\t' => '\t',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        _ => c,
    }
}

/// A name on one line: no breaks, no controls, nothing that turns the direction of its surroundings.
pub fn one_line(name: &str) -> Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !name.contains(|c| is_break(c) || turns(c) || visible(c) != c || c == '\t') {
        return Cow::Borrowed(name);
    }
    let clean = name.chars().filter(|&c| !turns(c));
    Cow::Owned(
        clean
            .map(|c| {
                if is_break(c) || c == '\t' {
                    ' '
                } else {
                    visible(c)
                }
            })
            .collect(),
    )
}

/// The lines of a text, whatever its author took for a line break; `\r\n` is one.
pub fn lines(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some((at, mark)) = text.char_indices().find(|&(_, c)| is_break(c)) else {
            rest = None;
            return Some(text.chars().map(visible).collect());
        };
        let after = text.get(at + mark.len_utf8()..).unwrap_or_default();
        rest = Some(
            after
                .strip_prefix('\n')
                .filter(|_| mark == '\r')
                .unwrap_or(after),
        );
        Some(
            text.get(..at)
                .unwrap_or_default()
                .chars()
                .map(visible)
                .collect(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_break_breaks_the_line() {
        let split = |text| lines(text).collect::<Vec<_>>();

        assert_eq!(
            split("a\nb\r\nc\rd\u{2028}e\u{85}f"),
            ["a", "b", "c", "d", "e", "f"]
        );
        assert_eq!(split("\n\r\n"), ["", "", ""]);
        assert_eq!(split(""), [""]);
    }

    #[test]
    fn controls_are_seen_and_names_stay_on_their_line() {
        assert_eq!(
            lines("\u{1b}[31mred\u{9b}m\u{7f}\tx").next().unwrap(),
            "␛[31mred\u{fffd}m␡\tx"
        );
        assert_eq!(one_line("Mal\nlory\u{202e}\u{7}"), "Mal lory␇");
        assert!(matches!(one_line("Ünal عمر"), Cow::Borrowed(_)));
    }
}
