//! A small disk, for a database that fills it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Unmounted when it is dropped.
pub struct Disk(PathBuf);

impl Disk {
    /// Mounts one in a folder that is there, if the system lets us. Its root belongs to `owner`.
    #[must_use]
    pub fn mount(folder: &Path, megabytes: u32, owner: (u32, u32)) -> Option<Self> {
        let (user, group) = owner;
        let options = format!("size={megabytes}m,mode=700,uid={user},gid={group}");
        call("mount", &["-t", "tmpfs", "-o", &options, "tmpfs"], folder)
            .then(|| Self(folder.to_owned()))
    }

    /// Makes it larger.
    ///
    /// # Panics
    /// The system refuses.
    pub fn resize(&self, megabytes: u32) {
        let options = format!("remount,size={megabytes}m");
        assert!(call("mount", &["-o", &options], &self.0));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        call("umount", &["--lazy"], &self.0);
    }
}

fn call(program: &str, arguments: &[&str], folder: &Path) -> bool {
    let output = Command::new(program).args(arguments).arg(folder).output();
    output.is_ok_and(|output| output.status.success())
}
