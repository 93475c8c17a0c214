//! The one window.

use tauri::{AppHandle, Manager, Url, WebviewWindowBuilder, webview::NewWindowResponse};

/// Its label.
pub const MAIN: &str = "main";

/// Asks for what is shown first while the pages are still being read; they take the answer from here.
const ASK_EARLY: &str = "window.overview = window.__TAURI_INTERNALS__.invoke('overview'); \
                         window.overview.catch(() => {});";

/// Opens it as the configuration describes it.
///
/// Nothing of a conversation may reach the web view's own store or cache, which are not encrypted,
/// so it gets none. Only a window that a test drives has one, since WebKit lets nobody drive the other kind.
pub fn open(app: &AppHandle) -> tauri::Result<()> {
    let described = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == MAIN);
    let described = described.ok_or(tauri::Error::WindowNotFound)?;
    WebviewWindowBuilder::from_config(app, described)?
        .initialization_script(ASK_EARLY)
        .incognito(!is_driven())
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Brings it before everybody's eyes.
pub fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    for told in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = told {
            tracing::warn!(%error, "the window cannot be brought up");
        }
    }
}

/// Whether the person looks at it.
pub fn is_focused(app: &AppHandle) -> bool {
    app.get_webview_window(MAIN)
        .is_some_and(|window| window.is_focused().unwrap_or(false))
}

fn is_driven() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}

/// The window stays on its own pages, wherever a link points.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        "about" => url.path() == "blank",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_its_own_pages() {
        let stays = |url: &str| is_ours(&url.parse().unwrap());

        assert!(stays("tauri://localhost/index.html") && stays("about:blank"));
        for elsewhere in [
            "https://example.com/",
            "http://localhost/",
            "tauri://example.com/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "javascript:alert(1)",
        ] {
            assert!(!stays(elsewhere), "{elsewhere}");
        }
    }
}
