//! Two real windows, driven as a person would.
//!
//! A test sets a [`Stage`]: a display that nobody sees, a message bus with nobody else on it and a
//! desktop that shows notifications. [`Person`]s come onto it, each with a home folder of their own, and open
//! their [`Window`]: the program as it is, driven through `tauri-driver` and WebKit's own driver.
//!
//! What is needed comes from the environment, as `cargo xtask test` sets it, or from where cargo
//! and xtask leave it: `SIGNET_DESKTOP` (the window), `SIGNET_TAURI_DRIVER` (the bridge), `SIGNET_PICTURES` (where
//! pictures go). Everything waits for conditions; nothing waits for time to pass.

mod accessibility;
pub mod acquainted;
mod desktop;
mod patience;
mod person;
mod place;
mod process;
mod stage;
mod window;

pub use desktop::{Desktop, Notification};
pub use patience::{PATIENCE, until};
pub use person::Person;
pub use stage::Stage;
pub use window::Window;
