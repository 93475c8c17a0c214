//! What the window refuses, to its own pages and to others.

use anyhow::{Context, Result};
use serde_json::json;
use signet_window_tests::{
    Person, Stage,
    acquainted::{ask, open},
};

/// Tries a thing and says which rule of the policy stood in its way.
async fn violated(window: &signet_window_tests::Window, attempt: &str) -> Result<String> {
    let told = window
        .run(&format!(
            "return await new Promise((resolve) => {{
                document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {{ once: true }});
                {attempt}
            }})"
        ))
        .await?;
    Ok(told.as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_run_and_load_nothing_but_themselves() -> Result<()> {
    let stage = Stage::set().await?;
    let alice = Person::new(&stage, "Alice")?;
    let window = alice.opens().await?;
    window.see("first-run").await?;

    let script = "const script = document.createElement('script');
        script.textContent = 'window.stranger = true';
        document.head.append(script);";
    assert_eq!(violated(&window, script).await?, "script-src-elem");
    let attribute = "const button = document.createElement('button');
        button.setAttribute('onclick', 'window.stranger = true');
        document.body.append(button);
        button.click();";
    assert_eq!(violated(&window, attribute).await?, "script-src-attr");
    assert_eq!(
        window.run("return window.stranger ?? null").await?,
        json!(null)
    );

    let style = "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\"></p>');";
    assert_eq!(violated(&window, style).await?, "style-src-attr");
    let picture = "new Image().src = 'https://example.com/picture.png';";
    assert_eq!(violated(&window, picture).await?, "img-src");
    let request = "fetch('https://example.com/').catch(() => {});";
    assert_eq!(violated(&window, request).await?, "connect-src");
    let frame = "const frame = document.createElement('iframe');
        frame.src = 'https://example.com/';
        document.body.append(frame);";
    assert!(violated(&window, frame).await?.starts_with("frame-src"));
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_may_ask_what_they_were_granted_and_nothing_else() -> Result<()> {
    let stage = Stage::set().await?;
    let alice = Person::new(&stage, "Alice")?;
    let window = alice.opens().await?;
    window.see("first-run").await?;

    let profile = ask(&window, "overview", json!({})).await?["profile"].clone();
    assert_eq!(profile["state"], "missing");
    for (command, arguments) in [
        (
            "plugin:event|emit",
            json!({"event": "notice", "payload": {}}),
        ),
        ("plugin:dialog|open", json!({"options": {}})),
        ("plugin:fs|read_text_file", json!({"path": "/etc/hostname"})),
        (
            "plugin:window|create",
            json!({"options": {"label": "other"}}),
        ),
        (
            "plugin:webview|create_webview_window",
            json!({"options": {"label": "other"}}),
        ),
        ("plugin:path|resolve_directory", json!({"directory": 21})),
        ("no_such_command", json!({})),
    ] {
        let told = window.ask(command, arguments).await?;
        let refused = told
            .err()
            .with_context(|| format!("{command} was not refused"))?
            .to_string();
        assert!(
            refused.contains("not allowed") || refused.contains("not found"),
            "{command}: {refused}"
        );
    }
    assert_eq!(
        window.ask("contacts", json!({})).await?,
        Err(json!({"sentence": "Signet is locked."}))
    );

    window.run("location.href = 'https://example.com/'").await?;
    window.run("window.open('https://example.com/')").await?;
    window.see("first-run").await?;
    assert_eq!(
        window.run("return location.protocol").await?,
        json!("tauri:")
    );
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_opens_in_one_window_and_two_profiles_in_two() -> Result<()> {
    let stage = Stage::set().await?;
    let (alice, bob) = (Person::new(&stage, "Alice")?, Person::new(&stage, "Bob")?);
    let (hers, his) = (open(&alice).await?, open(&bob).await?);

    assert!(alice.starts_again().await?.success());

    hers.is_focused().await?;
    hers.see("new-contact").await?;
    his.see("new-contact").await?;
    hers.close().await?;
    his.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_profile_opens_by_its_passphrase_and_by_the_code_of_its_sheet() -> Result<()> {
    let stage = Stage::set().await?;
    let alice = Person::new(&stage, "Alice")?;
    let window = alice.opens().await?;
    window.write("name-field", "Alice").await?;
    window.click("lock-passphrase").await?;
    window
        .write("passphrase-field", "correct horse battery staple")
        .await?;
    window.click("create-profile").await?;
    let code = window
        .see("unlock-code")
        .await?
        .attr("data-code")
        .await?
        .unwrap_or_default();
    window.close().await?;

    let window = alice.opens().await?;
    window
        .write("unlock-field", "wrong horse battery staple")
        .await?;
    window.click("unlock").await?;
    window
        .read_css("[role=alert]", "The passphrase is wrong.")
        .await?;
    window.picture("lock-refused").await?;
    window.click("lock-by-code").await?;
    window.see("unlock-field").await?.clear().await?;
    window.write("unlock-field", &code).await?;
    window.click("unlock").await?;
    window.see("new-contact").await?;
    window.close().await
}
