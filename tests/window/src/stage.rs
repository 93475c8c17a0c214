//! The stage: a display that nobody sees and a message bus with nobody else on it.
//!
//! A display and a bus of the person at the machine are left alone: windows would pop up there,
//! and its keyring and its notifications are not ours.

use std::{fs, process::Command};

use anyhow::Result;
use tempfile::TempDir;

use crate::{desktop::Desktop, process::Running};

/// Larger than the window, so that nothing of it is cut off; 24 bits of colour.
const SIZE: &str = "1400x940x24";

/// Without folders of services, so that the bus starts no keyring and no portal by itself.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=FOLDER</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// Where windows open. Ends with this value.
pub struct Stage {
    /// What shows notifications.
    pub desktop: Desktop,
    variables: Vec<(&'static str, String)>,
    _bus: Running,
    _server: Running,
    _folder: TempDir,
}

impl Stage {
    /// Sets it.
    pub async fn set() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let described = folder.path().join("bus.conf");
        fs::write(
            &described,
            BUS.replace("FOLDER", &folder.path().to_string_lossy()),
        )?;
        let (bus, address) = Running::start_and_read(
            Command::new("dbus-daemon")
                .arg(format!("--config-file={}", described.display()))
                .args(["--nofork", "--nopidfile", "--print-address"]),
        )?;
        let (server, number) = Running::start_and_read(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            SIZE,
            "-nolisten",
            "tcp",
        ]))?;
        let desktop = Desktop::start(&address).await?;
        let variables = vec![
            ("DISPLAY", format!(":{number}")),
            ("DBUS_SESSION_BUS_ADDRESS", address),
            ("GDK_BACKEND", "x11".into()),
            ("GSETTINGS_BACKEND", "memory".into()),
            ("NO_AT_BRIDGE", "1".into()),
            ("LANG", "C.UTF-8".into()),
            ("WEBKIT_DISABLE_DMABUF_RENDERER", "1".into()),
        ];
        Ok(Self {
            desktop,
            variables,
            _bus: bus,
            _server: server,
            _folder: folder,
        })
    }

    /// What a program must be given to appear here.
    pub(crate) fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }
}
