//! A workaround for WebKitGTK's quick way of handing pictures to the screen. With NVIDIA's own driver it
//! leaves windows blank (tauri-apps/tauri#9394). Without any graphics device, as in many a virtual
//! machine, it draws by a software that stands in for one: half as fast to start, and 85 MB more. It is
//! switched off there, unless the person chose.

/// Starts this program again with the renderer switched off, where it does harm.
#[cfg(target_os = "linux")]
pub fn spare_a_harmful_renderer() {
    use std::{env, os::unix::process::CommandExt, path::Path, process::Command};

    const RENDERER: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    let is_nvidia = Path::new("/proc/driver/nvidia/version").exists();
    let has_device = Path::new("/dev/dri").exists();
    if env::var_os(RENDERER).is_some() || (has_device && !is_nvidia) {
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
pub fn spare_a_harmful_renderer() {}
