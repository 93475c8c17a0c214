//! The pages that a person sees who opens the mediator's address, or an invitation that it hosts.

use qrcode::{EcLevel, QrCode, render::svg};

/// The page: what this is, and how to use it. `invitation` is shown as link and QR code; without one
/// it says where to get one.
pub(crate) fn front(name: &str, invitation: &str) -> String {
    let name = escaped(name);
    let way_in = match invitation.is_empty() {
        true => "<p>This one serves people who were invited: ask whoever runs it for the link.</p>"
            .into(),
        false => way_in(invitation),
    };
    let content = format!(
        "<h1>{name}</h1>\n\
         <p>This is a mediator: it keeps sealed messages for people whose device is off, and hands \
         them over when it is back. It cannot read them, and is not told who sent them.</p>\n\
         <h2>Use it</h2>\n{way_in}\n\
         <h2>What it knows of those who use it</h2>\n\
         <ul>\n<li>which DIDs receive through it, and that they belong together;</li>\n\
         <li>when they fetch their mail, and from which address on the network;</li>\n\
         <li>how much mail waits, and of what size;</li>\n\
         <li>what is in the invitations that they show on a page here, and from which address each \
         is opened.</li>\n</ul>\n\
         <p>It does not know names, contacts or contents.</p>"
    );
    document(&name, &content)
}

/// The page of an invitation: `address` is its own, `link` opens Signet.
pub(crate) fn invitation(address: &str, link: &str) -> String {
    let (shown, link) = (shown(address), escaped(link));
    let content = format!(
        "<h1>Somebody invites you to chat</h1>\n\
         <p>Whoever gave you this link uses Signet, or another messenger that speaks DIDComm v2. They \
         hear of you once you accept, and not before. Signet is a messenger for computers, without \
         accounts or phone numbers; what two people write to each other, only they can read.</p>\n\
         <p><a class=\"button\" href=\"{link}\">Open in Signet</a></p>\n\
         <h2>If that does nothing</h2>\n\
         <p>In Signet, open <b>New contact → Scan or paste one</b> and paste the link below, or scan \
         the code. Other messengers that speak DIDComm v2 take it too, if they read out-of-band 2.0 \
         invitations.</p>\n{shown}\n\
         <h2>Who keeps this page</h2>\n\
         <p>This server keeps the invitation for whoever made it. It sees what is in it, and from \
         which address on the network it is opened. It is not given what you two write to each \
         other, and could not read it.</p>"
    );
    document("An invitation", &content)
}

/// The page of one that is not here.
pub(crate) fn gone(sentence: &str) -> String {
    let content = format!(
        "<h1>No invitation</h1>\n<p>{sentence}</p>\n\
         <p>Ask whoever gave you the link for another one.</p>"
    );
    document("No invitation", &content)
}

fn document(title: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         {content}\n</main>\n</body>\n</html>\n"
    )
}

/// The invitation as a person can use it.
fn way_in(invitation: &str) -> String {
    format!(
        "<p>In Signet, open <b>Settings → Mediators</b> and paste the link below. Other DIDComm v2 \
         messengers that speak coordinate-mediation take it too, or scan the code.</p>\n{}",
        shown(invitation)
    )
}

/// A link as code and text; one that is too long for a code as text alone.
fn shown(link: &str) -> String {
    let code = (link.len() <= LONGEST)
        .then(|| QrCode::with_error_correction_level(link, EcLevel::M).ok())
        .flatten();
    let qr = code.map(|code| {
        code.render::<svg::Color<'_>>()
            .min_dimensions(296, 296)
            .quiet_zone(true)
            .build()
    });
    let qr = qr.unwrap_or_default();
    let qr = qr.split_once("?>").map_or(qr.as_str(), |(_, svg)| svg);
    let figure = match qr.is_empty() {
        true => String::new(),
        false => {
            format!("<figure role=\"img\" aria-label=\"QR code of the link below\">{qr}</figure>\n")
        }
    };
    let rows = if link.len() < 100 { 2 } else { 4 };
    let link = escaped(link);
    format!(
        "{figure}<p><label for=\"link\">Link</label>\n\
         <textarea id=\"link\" readonly rows=\"{rows}\" spellcheck=\"false\">{link}</textarea></p>"
    )
}

/// Bytes of a link in a code. Longer ones are hard to scan, and cost more to draw than a stranger may ask
/// for with each request.
const LONGEST: usize = 1024;

const STYLE: &str = "\
:root{color-scheme:light dark;--text:#1c1b1f;--soft:#5f5b66;--back:#fbfaf8;--card:#fff;--line:#e4e0da}\
@media(prefers-color-scheme:dark){:root{--text:#ece9f0;--soft:#a9a4b2;--back:#17161a;--card:#212026;--line:#35333b}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--back);color:var(--text);font:16px/1.55 system-ui,sans-serif}\
main{max-width:36rem;margin:0 auto;padding:3rem 1.25rem 4rem}\
h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem;overflow-wrap:anywhere}\
h2{font-size:1.1rem;margin:2rem 0 .5rem}\
p,ul{margin:.5rem 0}ul{padding-left:1.25rem}li{margin:.25rem 0}\
figure{margin:1.25rem 0;width:fit-content;max-width:100%;padding:.75rem;background:#fff;border:1px solid var(--line);border-radius:12px}\
figure svg{display:block;width:18.5rem;max-width:100%;height:auto}\
.button{display:inline-block;margin-top:.5rem;padding:.625rem 1.25rem;border-radius:999px;background:var(--text);color:var(--back);font-weight:600;text-decoration:none}\
.button:focus-visible{outline:2px solid var(--text);outline-offset:3px}\
label{display:block;color:var(--soft);font-size:.875rem;margin-bottom:.25rem}\
textarea{width:100%;padding:.625rem .75rem;border:1px solid var(--line);border-radius:8px;background:var(--card);color:inherit;font:13px/1.45 ui-monospace,monospace;resize:vertical;overflow-wrap:anywhere}";

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_name_and_link_and_lets_nobody_write_into_it() {
        let page = front("<b>Ours & yours", "https://m.example/?_oob=abc&x=\"");

        assert!(page.contains("<h1>&lt;b&gt;Ours &amp; yours</h1>"));
        assert!(page.contains(">https://m.example/?_oob=abc&amp;x=&quot;</textarea>"));
        assert!(page.contains("<svg"));
        assert!(!page.contains("<?xml"));
    }

    #[test]
    fn who_serves_the_invited_only_shows_no_invitation() {
        let page = front("M", "");

        assert!(page.contains("ask whoever runs it"));
        assert!(!page.contains("<textarea"));
    }

    #[test]
    fn an_invitation_says_what_it_is_and_opens_signet_without_a_script() {
        let page = invitation(
            "https://m.example/?_oobid=abc",
            "signet://invitation?_oob=e30",
        );

        assert!(page.contains("<h1>Somebody invites you to chat</h1>"));
        assert!(page.contains("href=\"signet://invitation?_oob=e30\""));
        assert!(page.contains(">https://m.example/?_oobid=abc</textarea>"));
        assert!(page.contains("<svg"));
        assert!(!page.contains("<script"));
    }

    #[test]
    fn a_link_too_long_for_a_code_is_shown_all_the_same() {
        let page = front("M", &"x".repeat(10_000));

        assert!(!page.contains("<svg"));
        assert!(page.contains("xxxx</textarea>"));
    }
}
