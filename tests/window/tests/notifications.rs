//! What a person who looks elsewhere is told.

use anyhow::Result;
use serde_json::json;
use signet_window_tests::{
    Person, Stage,
    acquainted::{ask, contact, introduce, open, send},
    until,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_shown_and_its_click_opens_the_conversation() -> Result<()> {
    let stage = Stage::set().await?;
    let (alice, bob) = (Person::new(&stage, "Alice")?, Person::new(&stage, "Bob")?);
    let (hers, his) = (open(&alice).await?, open(&bob).await?);
    introduce(&hers, &his).await?;
    hers.click("settings").await?;

    // The desktop would take a stranger's words for markup.
    send(&his, "1", "Saturday <b>7 pm</b> & later?").await?;
    let shown = stage
        .desktop
        .see("Bob", "Saturday &lt;b&gt;7 pm&lt;/b&gt; &amp; later?")
        .await?;
    assert_eq!(shown.actions, ["default", "Open"]);
    hers.see("settings-page").await?;
    until("the click opens the conversation", async || {
        stage.desktop.click(&shown).await?;
        hers.read("entry-text", "Saturday <b>7 pm</b> & later?")
            .await
            .map(Some)
    })
    .await?;
    hers.picture("opened-by-a-click").await?;
    hers.close().await?;
    his.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_shows_no_more_than_the_person_allows() -> Result<()> {
    let stage = Stage::set().await?;
    let (alice, bob) = (Person::new(&stage, "Alice")?, Person::new(&stage, "Bob")?);
    let (hers, his) = (open(&alice).await?, open(&bob).await?);
    introduce(&hers, &his).await?;

    hers.click("settings").await?;
    hers.click("settings-notifications").await?;
    hers.click("notifications-name").await?;
    until("the setting is kept", async || {
        Ok(
            (ask(&hers, "overview", json!({})).await?["shown"]["settings"]["notifications"]
                == "name")
                .then_some(()),
        )
    })
    .await?;
    send(&his, "1", "first").await?;
    stage.desktop.see("Bob", "New message").await?;

    let muted = |muted| json!({"contact": null, "muted": muted});
    let bobs = contact(&hers).await?;
    let mute = |on: bool| {
        let mut arguments = muted(on);
        arguments["contact"] = bobs.clone().into();
        arguments
    };
    ask(&hers, "mute", mute(true)).await?;
    send(&his, "2", "second").await?;
    hers.see_css("[data-testid=settings-page]").await?;
    until("the second message is there", async || {
        let contact = ask(&hers, "contact", json!({"contact": bobs})).await?;
        Ok((contact["unread"] == 2).then_some(()))
    })
    .await?;
    ask(&hers, "mute", mute(false)).await?;
    ask(
        &hers,
        "set_setting",
        json!({"key": "notifications", "value": "full"}),
    )
    .await?;
    send(&his, "3", "third").await?;
    stage.desktop.see("Bob", "third").await?;

    let bodies: Vec<String> = stage
        .desktop
        .shown()
        .into_iter()
        .map(|one| one.body)
        .collect();
    assert_eq!(bodies, ["New message", "third"]);
    hers.close().await?;
    his.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_notified_of_what_they_see() -> Result<()> {
    let stage = Stage::set().await?;
    let (alice, bob) = (Person::new(&stage, "Alice")?, Person::new(&stage, "Bob")?);
    let (hers, his) = (open(&alice).await?, open(&bob).await?);
    introduce(&hers, &his).await?;

    hers.click("conversation-row").await?;
    hers.see("composer").await?;
    alice.starts_again().await?;
    hers.is_focused().await?;
    send(&his, "1", "seen").await?;
    hers.read("entry-text", "seen").await?;
    hers.see_css("[data-testid=conversation-row][data-unread='0']")
        .await?;
    hers.click("settings").await?;
    hers.see("settings-page").await?;
    send(&his, "2", "unseen").await?;
    stage.desktop.see("Bob", "unseen").await?;

    assert_eq!(stage.desktop.shown().len(), 1);
    hers.close().await?;
    his.close().await
}
