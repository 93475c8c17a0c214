//! A workaround: with NVIDIA's own driver WebKitGTK's quick way of handing pictures to the screen
//! leaves windows blank (tauri-apps/tauri#9394). It is switched off there, unless the person chose.

/// Starts this program again with the renderer switched off, where it must be.
#[cfg(target_os = "linux")]
pub fn spare_a_broken_renderer() {
    use std::{env, os::unix::process::CommandExt, path::Path, process::Command};

    const RENDERER: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if env::var_os(RENDERER).is_some() || !Path::new("/proc/driver/nvidia/version").exists() {
        return;
    }
    // Setting a variable of a running process is unsafe, so the process begins anew with it.
    let error = env::current_exe()
        .map(|program| {
            Command::new(program)
                .args(env::args_os().skip(1))
                .env(RENDERER, "1")
                .exec()
        })
        .unwrap_or_else(|error| error);
    eprintln!("{RENDERER} could not be set: {error}");
}

/// Elsewhere there is nothing to spare.
#[cfg(not(target_os = "linux"))]
pub fn spare_a_broken_renderer() {}
