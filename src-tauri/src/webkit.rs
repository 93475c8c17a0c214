//! What WebKitGTK is told by variables before it starts, unless the person told it something else.
//!
//! | variable | why |
//! |---|---|
//! | `JSC_useJIT` | Our pages compute little, and a compiler inside the process that shows what strangers wrote is what attacks on browsers begin with. Without it the window needs 10 MB less. |
//! | `WEBKIT_DISABLE_DMABUF_RENDERER` | With NVIDIA's own driver the quick way of handing pictures to the screen leaves windows blank (tauri-apps/tauri#9394). Without any graphics device, as in many a virtual machine, it draws by a software that stands in for one: half as fast to start, and 85 MB more. |

/// Sets them. The first thing that happens, since no other thread may read variables meanwhile.
#[cfg(target_os = "linux")]
pub fn tell() {
    use std::path::Path;

    let is_nvidia = Path::new("/proc/driver/nvidia/version").exists();
    let has_device = Path::new("/dev/dri").exists();
    let told = [
        ("JSC_useJIT", "0", true),
        (
            "WEBKIT_DISABLE_DMABUF_RENDERER",
            "1",
            is_nvidia || !has_device,
        ),
    ];
    for (name, value, wanted) in told {
        if wanted && let Err(error) = glib::setenv(name, value, false) {
            eprintln!("{name} could not be set: {error}");
        }
    }
}

/// Elsewhere there is another web view.
#[cfg(not(target_os = "linux"))]
pub fn tell() {}
