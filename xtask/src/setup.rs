//! Everything a fresh machine lacks: system packages, UI packages, tools.
//!
//! Nothing is done twice: what is there is left alone, and `npm ci` runs when the lock file changed.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::program::{Program, is_on_path};

/// The bridge between WebDriver and the window.
const TAURI_DRIVER: (&str, &str) = ("tauri-driver", "2.1.0");

/// How the presence of a system package shows.
enum Sign {
    /// `pkg-config` knows the library.
    Library(&'static str),
    /// The program is on the path.
    Program(&'static str),
    /// Only the package list can tell.
    Package,
}

/// What a Linux machine needs, by Debian's names, and how one sees whether it is there.
const NEEDED: [(&str, Sign); 12] = [
    ("build-essential", Sign::Program("cc")),
    ("pkg-config", Sign::Program("pkg-config")),
    ("libwebkit2gtk-4.1-dev", Sign::Library("webkit2gtk-4.1")),
    ("libdbus-1-dev", Sign::Library("dbus-1")),
    ("fonts-noto-color-emoji", Sign::Package),
    ("xvfb", Sign::Program("Xvfb")),
    ("dbus", Sign::Program("dbus-daemon")),
    ("webkit2gtk-driver", Sign::Program("WebKitWebDriver")),
    ("postgresql", Sign::Package),
    ("iproute2", Sign::Package),
    ("nftables", Sign::Package),
    ("procps", Sign::Program("sysctl")),
];

/// Needed only for tests, or where a window is shown to nobody: a person with a screen is not asked for them.
const FOR_TESTS: [&str; 7] = [
    "xvfb",
    "dbus",
    "webkit2gtk-driver",
    "postgresql",
    "iproute2",
    "nftables",
    "procps",
];

/// Brings everything up.
pub fn everything(place: &Place) -> Result<()> {
    system(true)?;
    ui(place)?;
    tauri_driver(place)?;
    Ok(())
}

/// System packages; with `tests` also those that drive a window without a screen.
pub fn system(tests: bool) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(package, _)| tests || !FOR_TESTS.contains(package))
        .filter(|(package, sign)| !is_there(package, sign))
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_on_path("apt-get") {
        bail!("these packages (Debian's names) are missing, please install them: {names}");
    }
    println!("Installing system packages: {names}");
    let here = std::env::current_dir()?;
    let is_root = Program::new("id", &["-u"], &here).answer().as_deref() == Some("0");
    if !is_root && !is_on_path("sudo") {
        bail!("please run as root: apt-get install {names}");
    }
    let apt = |arguments: &[&str]| {
        let command = [
            &[
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "-q",
                "-o",
                "DPkg::Lock::Timeout=300",
            ],
            arguments,
        ]
        .concat();
        match is_root {
            true => Program::new(command[0], &command[1..], &here).run(),
            false => Program::new("sudo", &command, &here).run(),
        }
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], &missing[..]].concat())
        .with_context(|| format!("could not install; please run as root: apt-get install {names}"))
}

fn is_there(package: &str, sign: &Sign) -> bool {
    let here = std::path::Path::new(".");
    match sign {
        Sign::Library(name) => Program::new("pkg-config", &["--exists", name], here)
            .answer()
            .is_some(),
        Sign::Program(name) => is_on_path(name),
        Sign::Package if !is_on_path("dpkg-query") => true,
        Sign::Package => Program::new(
            "dpkg-query",
            &["-W", "-f=${db:Status-Status}", package],
            here,
        )
        .answer()
        .is_some_and(|status| status == "installed"),
    }
}

/// The packages of the UI, as the lock file names them.
pub fn ui(place: &Place) -> Result<()> {
    let version = Program::new("node", &["--version"], &place.root)
        .answer()
        .context("Node.js 20.19 or later is needed, with npm")?;
    let numbers: Vec<u32> = version
        .trim_start_matches('v')
        .split('.')
        .map_while(|number| number.parse().ok())
        .collect();
    if numbers[..] < [20, 19][..] {
        bail!("Node.js 20.19 or later is needed; this is {version}");
    }

    let lock = fs::read(place.ui().join("package-lock.json"))
        .context("ui/package-lock.json is missing")?;
    let stamp = place.ui().join("node_modules/.installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("Installing UI packages");
    Program::npm(place, &["ci", "--no-audit", "--no-fund"]).run()?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// Builds the UI's pages, which the window carries inside.
pub fn pages(place: &Place) -> Result<()> {
    Program::npm(place, &["run", "build", "--silent"]).run()
}

/// The WebDriver bridge; yields its program.
pub fn tauri_driver(place: &Place) -> Result<std::path::PathBuf> {
    let (name, version) = TAURI_DRIVER;
    tool(place, name, version)
}

/// A tool of a certain version, built from the registry when it is missing.
pub fn tool(place: &Place, name: &str, version: &str) -> Result<std::path::PathBuf> {
    let root = place.tool(name, version);
    let program = root
        .join("bin")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if program.exists() {
        return Ok(program);
    }
    println!("Installing {name} {version}");
    let into = root.to_string_lossy();
    // Built in a folder of its own that goes away: its dependencies are nobody else's.
    Program::cargo(
        place,
        &[
            "install",
            name,
            "--version",
            version,
            "--locked",
            "--quiet",
            "--root",
            &into,
        ],
    )
    .without_env("CARGO_TARGET_DIR")
    .run()?;
    Ok(program)
}
