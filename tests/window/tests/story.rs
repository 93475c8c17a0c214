//! Two people who have never met: from the first start to a history that outlives a restart.

use anyhow::Result;
use serde_json::json;
use signet_window_tests::{Person, Stage, Window, until};

/// Somebody's first start, up to their first, empty window.
async fn first_run(person: &Person<'_>, passphrase: Option<&str>) -> Result<(Window, String)> {
    let window = person.opens().await?;
    window.see("first-run").await?;
    window.write("name-field", person.name).await?;
    match passphrase {
        Some(passphrase) => {
            window.click("lock-passphrase").await?;
            window.write("passphrase-field", passphrase).await?;
        }
        None => window.click("lock-none").await?,
    }
    window.is_accessible().await?;
    window
        .picture(&format!("first-run-{}", person.name))
        .await?;
    window.click("create-profile").await?;

    let sheet = window.see("unlock-code").await?;
    let code = sheet.attr("data-code").await?.unwrap_or_default();
    assert!(code.len() >= 20, "{code:?} is no unlock code");
    window.is_accessible().await?;
    window.picture(&format!("sheet-{}", person.name)).await?;
    window.click("sheet-written").await?;
    window.click("sheet-done").await?;
    window.see("new-contact").await?;
    Ok((window, code))
}

/// Writes a message and sees it in the log.
async fn says(window: &Window, text: &str) -> Result<()> {
    window.write("composer", text).await?;
    window.click("send").await?;
    window.read("entry-text", text).await
}

/// Sees an own message acknowledged by the other's software.
async fn sees_delivered(window: &Window, text: &str) -> Result<()> {
    let script = format!(
        "return [...document.querySelectorAll('[data-testid=entry][data-direction=out]')]
            .filter((entry) => entry.textContent.includes({text:?})).map((entry) => entry.dataset.state)"
    );
    until(&format!("{text:?} delivered"), async || {
        let states = window.run(&script).await?;
        Ok(["delivered", "read"]
            .iter()
            .any(|state| states == json!([state]))
            .then_some(()))
    })
    .await
}

/// The texts of the open conversation, from the oldest on.
async fn log(window: &Window) -> Result<Vec<String>> {
    let texts = window
        .run("return [...document.querySelectorAll('[data-testid=entry-text]')].map((entry) => entry.innerText.trim())")
        .await?;
    Ok(serde_json::from_value(texts)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_meet_by_a_picture_write_and_find_their_history_again() -> Result<()> {
    let stage = Stage::set().await?;
    let (alice, bob) = (Person::new(&stage, "Alice")?, Person::new(&stage, "Bob")?);

    // Both start for the first time.
    let (hers, _) = first_run(&alice, Some("correct horse battery staple")).await?;
    let (his, _) = first_run(&bob, None).await?;
    hers.is_accessible().await?;
    hers.picture("empty").await?;

    // Alice shows an invitation; Bob takes a picture of her whole window.
    hers.click("new-contact").await?;
    hers.see("invite-qr").await?;
    hers.see_css("[data-testid=invite-qr] svg").await?;
    hers.is_accessible().await?;
    let photograph = hers.picture("invitation").await?;
    his.click("new-contact").await?;
    his.click("tab-scan").await?;
    his.see("scan-drop").await?;
    his.is_accessible().await?;
    his.picture("scan").await?;
    his.choose_file("scan-file", &photograph.canonicalize()?)
        .await?;

    // Each learns the other's name, and the invitation is answered.
    his.see("composer").await?;
    his.see_css("[data-testid=conversation-row][data-name=Alice][data-state=connected]")
        .await?;
    hers.see_css("[data-testid=invite-state][data-state=answered]")
        .await?;
    hers.picture("invitation-answered").await?;
    hers.click("invite-open").await?;
    hers.see_css("[data-testid=conversation-row][data-name=Bob][data-state=connected]")
        .await?;

    // Both write, both see it delivered.
    says(&hers, "Did the screenshot work?").await?;
    his.read("entry-text", "Did the screenshot work?").await?;
    says(&his, "At once. Grüße aus Köln ♪").await?;
    hers.read("entry-text", "At once. Grüße aus Köln ♪").await?;
    sees_delivered(&hers, "Did the screenshot work?").await?;
    sees_delivered(&his, "At once. Grüße aus Köln ♪").await?;
    alice.starts_again().await?;
    hers.is_focused().await?;
    hers.see_css("[data-testid=conversation-row][data-unread='0']")
        .await?;
    hers.is_accessible().await?;
    hers.picture("conversation").await?;

    // The details of a message and of a contact, the same in the dark and on a narrow screen.
    hers.click("toggle-details").await?;
    hers.see("details").await?;
    hers.is_accessible().await?;
    hers.picture("details").await?;
    hers.click("close-details").await?;
    hers.click("settings").await?;
    hers.click("settings-appearance").await?;
    hers.click("theme-dark").await?;
    hers.see_css("html[data-theme=dark]").await?;
    hers.is_accessible().await?;
    hers.picture("settings-appearance-dark").await?;
    hers.click("settings-back").await?;
    hers.see("composer").await?;
    hers.is_accessible().await?;
    hers.picture("conversation-dark").await?;
    his.resize(400, 820).await?;
    his.see("composer").await?;
    his.is_accessible().await?;
    his.picture("conversation-narrow").await?;
    his.resize(1280, 860).await?;

    // Alice takes new identities for everybody; Bob is told in one line.
    hers.click("settings").await?;
    hers.click("settings-identities").await?;
    hers.see("identity-row").await?;
    hers.is_accessible().await?;
    hers.picture("settings-identities").await?;
    hers.click("rotate-all").await?;
    hers.see("rotate-all-sentence").await?;
    hers.picture("rotate-all").await?;
    hers.click("rotate-all-confirm").await?;
    his.see_css("[data-testid=house-line][data-line=they-changed]")
        .await?;
    hers.see_css("[data-testid=identity-row][data-rotation=settled]")
        .await?;
    hers.picture("settings-identities-after").await?;
    his.picture("identity-changed").await?;
    for page in [
        "profile",
        "connection",
        "notifications",
        "export",
        "keyboard",
    ] {
        hers.click(&format!("settings-{page}")).await?;
        hers.see("settings-page").await?;
        hers.is_accessible().await?;
        hers.picture(&format!("settings-{page}")).await?;
    }

    // The conversation goes on under the new identity, and comes out as a page to keep.
    says(&his, "New seal, same Alice?").await?;
    sees_delivered(&his, "New seal, same Alice?").await?;
    hers.click("settings-export").await?;
    hers.click("export-all").await?;
    hers.see("export-dialog").await?;
    hers.is_accessible().await?;
    hers.picture("export").await?;
    let page = alice.file("conversations.html");
    let exported = hers
        .ask(
            "export",
            json!({"contact": null, "format": "html", "path": page}),
        )
        .await?;
    let exported = exported.unwrap_or_else(|refused| panic!("no export: {refused}"));
    assert!(exported["entries"].as_u64() >= Some(3), "{exported}");
    let page = std::fs::read_to_string(page)?;
    assert!(page.contains("Grüße aus Köln") && page.contains("New seal, same Alice?"));

    // Alice closes the window, Bob's battery is empty. What they wrote is there.
    let written = log(&his).await?;
    assert_eq!(
        written,
        [
            "Did the screenshot work?",
            "At once. Grüße aus Köln ♪",
            "New seal, same Alice?"
        ]
    );
    hers.close().await?;
    his.crash().await?;
    let hers = alice.opens().await?;
    hers.see("lock").await?;
    hers.is_accessible().await?;
    hers.picture("lock").await?;
    hers.write("unlock-field", "correct horse battery staple")
        .await?;
    hers.click("unlock").await?;
    let his = bob.opens().await?;
    for (window, other) in [(&hers, "Bob"), (&his, "Alice")] {
        window
            .click_css(&format!(
                "[data-testid=conversation-row][data-name={other}]"
            ))
            .await?;
        window.read("entry-text", "New seal, same Alice?").await?;
        assert_eq!(log(window).await?, written);
    }

    // And it goes on where it stood.
    says(&hers, "Good morning").await?;
    his.read("entry-text", "Good morning").await?;
    sees_delivered(&hers, "Good morning").await?;
    his.picture("after-restart").await?;
    hers.close().await?;
    his.close().await
}
