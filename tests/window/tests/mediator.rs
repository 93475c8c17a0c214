//! Two people who write to each other through a mediator only, though one of them goes away.

use anyhow::Result;
use signet_loopback::Mediator;
use signet_window_tests::{
    Person, Stage, Window,
    acquainted::{introduce, open},
    until,
};

/// The other one has it.
const THERE: [&str; 2] = ["delivered", "read"];

/// Adds a mediator in the settings, and waits until the only contact writes by it.
async fn takes_a_mediator(window: &Window, link: &str) -> Result<()> {
    window.click("settings").await?;
    window.click("settings-mediators").await?;
    window.see("mediators-none").await?;
    window.write("mediator-place", link).await?;
    window.click("mediator-add").await?;
    window
        .see_css("[data-testid=mediator][data-state=granted]")
        .await?;
    window
        .read_css("[data-testid=mediator]", "One contact writes")
        .await?;
    window.is_accessible().await?;
    Ok(())
}

/// Opens the only conversation, and writes through mediators only from here on.
async fn goes_through_mediators_only(window: &Window) -> Result<()> {
    window.click("settings-back").await?;
    window.click("conversation-row").await?;
    window.click("toggle-details").await?;
    window.see("details").await?;
    window.click("mediated-only").await?;
    window
        .see_css("[data-testid=mediated-only][aria-checked=true]")
        .await?;
    window.is_accessible().await
}

async fn says(window: &Window, text: &str) -> Result<()> {
    window.write("composer", text).await?;
    window.click("send").await?;
    window.read("entry-text", text).await
}

/// Waits until an own message is in one of these states.
async fn sees(window: &Window, text: &str, states: &[&str]) -> Result<()> {
    let own = "[data-testid=entry][data-direction=out]";
    let script = format!(
        "return [...document.querySelectorAll('{own}')]
            .some((entry) => entry.textContent.includes({text:?}) && {states:?}.includes(entry.dataset.state))"
    );
    until(&format!("{text:?} is {states:?}"), async || {
        Ok((window.run(&script).await? == true).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_with_only_a_mediator_between_them_chat_though_one_is_closed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut mediator = Mediator::new(folder.path(), "mediator")?;
    mediator.start()?;
    let stage = Stage::set().await?;
    let (alice, bob) = (Person::new(&stage, "Alice")?, Person::new(&stage, "Bob")?);
    let (hers, his) = (open(&alice).await?, open(&bob).await?);
    introduce(&hers, &his).await?;
    for window in [&hers, &his] {
        takes_a_mediator(window, &mediator.link).await?;
    }
    hers.picture("settings-mediators-one").await?;
    for window in [&hers, &his] {
        goes_through_mediators_only(window).await?;
    }
    hers.picture("details-mediated-only").await?;

    says(&hers, "Can you hear me?").await?;
    his.read("entry-text", "Can you hear me?").await?;
    says(&his, "As if you were here.").await?;
    hers.read("entry-text", "As if you were here.").await?;
    sees(&hers, "Can you hear me?", &THERE).await?;

    // Bob goes; what Alice writes waits for him.
    his.close().await?;
    says(&hers, "Sleep well").await?;
    sees(&hers, "Sleep well", &["sent"]).await?;
    // The button shows when the pointer is there.
    let details = ".line:has([data-state=sent]) [data-testid=entry-details]";
    hers.run(&format!("document.querySelector({details:?}).click()"))
        .await?;
    hers.see("message-details").await?;
    hers.read("message-route", "mediator").await?;
    hers.is_accessible().await?;
    hers.picture("message-details-mediator").await?;
    hers.click_css(".dialog [aria-label=Close]").await?;
    let his = bob.opens().await?;
    his.click("conversation-row").await?;
    his.read("entry-text", "Sleep well").await?;
    sees(&hers, "Sleep well", &THERE).await?;
    says(&his, "Good morning").await?;
    hers.read("entry-text", "Good morning").await?;
    his.picture("after-the-night").await?;
    hers.close().await?;
    his.close().await
}
