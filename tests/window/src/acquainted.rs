//! Two people who know each other already, without the ceremony that the story tells.

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use crate::{person::Person, window::Window};

/// Calls a command that must not be refused.
pub async fn ask(window: &Window, command: &str, arguments: Value) -> Result<Value> {
    window
        .ask(command, arguments)
        .await?
        .map_err(|refused| anyhow!("{command}: {refused}"))
}

/// Somebody's open window, their profile just made.
pub async fn open(person: &Person<'_>) -> Result<Window> {
    let window = person.opens().await?;
    window.write("name-field", person.name).await?;
    window.click("lock-none").await?;
    window.click("create-profile").await?;
    window.click("sheet-written").await?;
    window.click("sheet-done").await?;
    window.see("new-contact").await?;
    Ok(window)
}

/// Makes them contacts of each other.
pub async fn introduce(one: &Window, other: &Window) -> Result<()> {
    let invitation = ask(
        one,
        "invite",
        json!({"reusable": false, "expires_hours": null, "note": null}),
    )
    .await?;
    ask(
        other,
        "accept_link",
        json!({"link": invitation["url"], "note": null}),
    )
    .await?;
    for window in [one, other] {
        window
            .see_css("[data-testid=conversation-row][data-state=connected]")
            .await?;
    }
    Ok(())
}

/// The id of the only contact.
pub async fn contact(window: &Window) -> Result<String> {
    let contacts = ask(window, "contacts", json!({})).await?;
    contacts[0]["contact"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("there is no contact"))
}

/// Sends a message to the only contact.
pub async fn send(window: &Window, id: &str, text: &str) -> Result<()> {
    let contact = contact(window).await?;
    ask(
        window,
        "send",
        json!({"id": id, "contact": contact, "text": text}),
    )
    .await?;
    Ok(())
}
