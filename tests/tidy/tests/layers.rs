//! The table of layers: who may import whom. Arrows only point down.
//!
//! It is the same table as in the README. Only what a manifest names itself is judged; what comes
//! along with it is its owner's matter.

use signet_tidy::{Package, packages};

/// A package, ours that it may import, and what of others it must never.
struct Layer {
    name: &'static str,
    may: &'static [&'static str],
    never: &'static [&'static str],
}

/// Neither a clock, nor chance of their own, nor a disk or a wire.
const PURE: &[&str] = &[
    "async-std",
    "axum",
    "chrono",
    "futures",
    "getrandom",
    "jiff",
    "libp2p",
    "libp2p-stream",
    "rand",
    "reqwest",
    "sled",
    "tauri",
    "time",
    "tokio",
    "tokio-util",
    "tracing",
];
/// They turn one thing into another, and whoever calls them opens the files.
const QUIET: &[&str] = &[
    "axum",
    "libp2p",
    "libp2p-stream",
    "reqwest",
    "sled",
    "tauri",
    "tokio",
];
const NO_NETWORK: &[&str] = &["axum", "libp2p", "libp2p-stream", "reqwest", "tauri"];
const NO_DISK: &[&str] = &["sled", "tauri"];
const SHELL: &[&str] = &["libp2p", "libp2p-stream", "sled"];
const NO_WINDOW: &[&str] = &["tauri", "tauri-build"];

const LAYERS: &[Layer] = &[
    Layer {
        name: "signet-didcomm",
        may: &[],
        never: PURE,
    },
    Layer {
        name: "signet-protocol",
        may: &["signet-didcomm"],
        never: PURE,
    },
    Layer {
        name: "signet-store",
        may: &["signet-protocol", "signet-didcomm"],
        never: NO_NETWORK,
    },
    Layer {
        name: "signet-transport",
        may: &["signet-protocol", "signet-didcomm"],
        never: NO_DISK,
    },
    Layer {
        name: "signet-transcript",
        may: &["signet-protocol", "signet-didcomm"],
        never: QUIET,
    },
    Layer {
        name: "signet-picture",
        may: &[],
        never: QUIET,
    },
    Layer {
        name: "signet-node",
        may: &[
            "signet-picture",
            "signet-transcript",
            "signet-store",
            "signet-transport",
            "signet-protocol",
            "signet-didcomm",
        ],
        never: NO_WINDOW,
    },
    Layer {
        name: "signet-mediator",
        may: &[
            "signet-protocol",
            "signet-store",
            "signet-transport",
            "signet-didcomm",
        ],
        never: NO_WINDOW,
    },
    Layer {
        name: "signet-cli",
        may: &["signet-node", "signet-picture", "signet-transcript"],
        never: SHELL,
    },
    Layer {
        name: "signet-desktop",
        may: &["signet-node", "signet-picture", "signet-transcript"],
        never: SHELL,
    },
    Layer {
        name: "xtask",
        may: &[],
        never: &[],
    },
];

/// What of ours exists now must have a place in the table, tests aside.
fn layer(package: &Package) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == package.name)
}

fn none(found: Vec<String>) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_package_has_its_place_in_the_table_or_among_the_tests() {
    let packages = packages().unwrap();

    assert!(
        packages.len() > 10,
        "only {} packages were found",
        packages.len()
    );
    none(
        packages
            .iter()
            .filter(|package| layer(package).is_none() && !package.folder.starts_with("tests/"))
            .map(|package| format!("{} has no place in the table", package.name))
            .collect(),
    );
}

#[test]
fn arrows_only_point_down() {
    let mut found = Vec::new();
    for package in packages().unwrap() {
        let Some(layer) = layer(&package) else {
            continue;
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| !dependency.is_for_tests)
        {
            if dependency.is_ours && !layer.may.contains(&dependency.name.as_str()) {
                found.push(format!(
                    "{} must not import {}",
                    package.name, dependency.name
                ));
            }
        }
    }
    none(found);
}

#[test]
fn what_a_layer_must_never_import_it_does_not() {
    let mut found = Vec::new();
    for package in packages().unwrap() {
        let Some(layer) = layer(&package) else {
            continue;
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| !dependency.is_for_tests)
        {
            if layer.never.contains(&dependency.name.as_str()) {
                found.push(format!(
                    "{} must never import {}",
                    package.name, dependency.name
                ));
            }
        }
    }
    none(found);
}

#[test]
fn the_pure_crates_ask_for_no_chance_of_their_own() {
    let mut found = Vec::new();
    for package in packages().unwrap() {
        if !["signet-didcomm", "signet-protocol"].contains(&package.name.as_str()) {
            continue;
        }
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| !dependency.is_for_tests)
        {
            let feature = dependency.features.iter().find(|feature| {
                ["os_rng", "sys_rng", "std_rng", "thread_rng", "getrandom"]
                    .contains(&feature.as_str())
            });
            if let Some(feature) = feature {
                found.push(format!(
                    "{} asks {} for {feature}",
                    package.name, dependency.name
                ));
            }
        }
    }
    none(found);
}

#[test]
fn the_chores_need_nothing_but_anyhow() {
    let packages = packages().unwrap();
    let xtask = packages
        .iter()
        .find(|package| package.name == "xtask")
        .unwrap();

    let names: Vec<&str> = xtask
        .dependencies
        .iter()
        .map(|dependency| dependency.name.as_str())
        .collect();

    assert_eq!(names, ["anyhow"]);
}

#[test]
fn nothing_is_published_by_accident_and_lints_hold_everywhere() {
    let mut found = Vec::new();
    for package in packages().unwrap() {
        let manifest = signet_tidy::root().join(&package.folder).join("Cargo.toml");
        let text = std::fs::read_to_string(manifest).unwrap();
        if !text.contains("[lints]\nworkspace = true") {
            found.push(format!(
                "{} does not take the workspace's lints",
                package.name
            ));
        }
        if !text.contains("publish.workspace = true") {
            found.push(format!("{} could be published", package.name));
        }
    }
    none(found);
}
