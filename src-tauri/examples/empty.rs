//! An empty window, as the bench needs it: what any Tauri window costs before it shows anything.

use tauri::{Url, WebviewUrl, WebviewWindowBuilder, http::Response};

/// One word, so that one sees when the page is there.
const PAGE: &str = "<!doctype html><title>Empty</title><p>empty</p>";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let page: Url = "empty://localhost/".parse()?;
    tauri::Builder::default()
        .register_uri_scheme_protocol("empty", |_, _| {
            let mut response = Response::new(PAGE.as_bytes().to_vec());
            let html = tauri::http::HeaderValue::from_static("text/html");
            response.headers_mut().insert("content-type", html);
            response
        })
        .setup(|app| {
            WebviewWindowBuilder::new(app, "empty", WebviewUrl::CustomProtocol(page))
                .title("Empty")
                .inner_size(1280.0, 860.0)
                .incognito(true)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())?;
    Ok(())
}
