//! The judge of accessibility: axe-core, in the real window.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{place, window::Window};

/// What keeps somebody from using the window; lesser things are matters of taste.
const GRAVE: &str = "
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join('; ')}`);
";

pub(crate) async fn judge(window: &Window) -> Result<()> {
    if window.run("return typeof window.axe").await? == "undefined" {
        let file = place::axe();
        let axe = fs::read_to_string(&file).with_context(|| {
            format!(
                "{} is missing; cargo xtask setup installs it",
                file.display()
            )
        })?;
        window
            .run(&format!("{axe}; window.axe ??= axe;"))
            .await
            .context("axe-core does not run")?;
    }
    // Half faded in, everything lacks contrast.
    window.settles().await?;
    let found = window.run(GRAVE).await?;
    let found: Vec<&str> = found
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !found.is_empty() {
        bail!("not everybody can use this:\n{}", found.join("\n"));
    }
    Ok(())
}
