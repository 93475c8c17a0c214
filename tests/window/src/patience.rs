//! Waiting for a condition.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

/// How long a condition may take on a slow machine that does other things besides.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PERIOD: Duration = Duration::from_millis(50);

/// Looks again and again until there is something, and says what was missing if there never is.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = look().await;
        if let Ok(Some(seen)) = seen {
            return Ok(seen);
        }
        if Instant::now() > end {
            let seconds = PATIENCE.as_secs();
            return Err(seen
                .err()
                .unwrap_or_else(|| anyhow::anyhow!("it never was")))
            .with_context(|| format!("{what}: not within {seconds} s"));
        }
        sleep(PERIOD).await;
    }
}
