//! The contract with the pages: what is handled, what has a permission, what the window is
//! granted and what `api.ts` knows are the same commands with the same arguments.

use std::collections::{BTreeMap, BTreeSet};

const HANDLED: &str = include_str!("commands.rs");
const GIVEN_A_PERMISSION: &str = include_str!("../build.rs");
const GRANTED: &str = include_str!("../capabilities/main.json");
const PAGES: &str = include_str!("../../ui/src/lib/api.ts");
const WRITTEN: [&str; 7] = [
    include_str!("commands/conversation.rs"),
    include_str!("commands/identity.rs"),
    include_str!("commands/keeping.rs"),
    include_str!("commands/mediators.rs"),
    include_str!("commands/meeting.rs"),
    include_str!("commands/people.rs"),
    include_str!("commands/profile.rs"),
];

type Names = BTreeSet<String>;

/// The part of `text` between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("{from:?} is missing"));
    rest.split_once(to)
        .unwrap_or_else(|| panic!("{to:?} is missing"))
        .0
}

/// The parts of `text` between commas that stand in no brackets.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let splits = |c: char| {
        depth += i32::from("([{<".contains(c)) - i32::from(")]}>".contains(c));
        depth == 0 && ",;".contains(c)
    };
    text.split(splits)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

fn handled() -> Names {
    let list = between(HANDLED, "generate_handler![", "]");
    list.split(',')
        .filter_map(|path| Some(path.trim().split_once("::")?.1.to_owned()))
        .collect()
}

/// Every command as it is written, with the arguments that come from the pages.
fn written() -> BTreeMap<String, Names> {
    let mut commands = BTreeMap::new();
    for text in WRITTEN {
        for command in text
            .split("#[tauri::command(rename_all = \"snake_case\")]")
            .skip(1)
        {
            let name = between(command, "pub async fn ", "(");
            let arguments = parts(between(command, "(", ") -> Result<"));
            let from_pages = arguments
                .iter()
                .filter_map(|argument| argument.split_once(": "));
            let from_pages = from_pages.filter(|(_, kind)| {
                !["State<", "AppHandle", "Request<"]
                    .iter()
                    .any(|ours| kind.starts_with(ours))
            });
            commands.insert(
                name.to_owned(),
                from_pages
                    .map(|(argument, _)| argument.to_owned())
                    .collect(),
            );
        }
    }
    commands
}

/// Every command as the pages know it.
fn known_to_pages() -> BTreeMap<String, Names> {
    let map = between(PAGES, "export type Commands = {\n", "\n};");
    let lines = map.lines().map(|line| {
        let (name, kind) = line
            .trim()
            .split_once(": [")
            .unwrap_or_else(|| panic!("{line:?} is no command"));
        let arguments = match kind.strip_prefix("{ ") {
            Some(_) => parts(between(kind, "{ ", " }")),
            None => Vec::new(),
        };
        let names = arguments
            .iter()
            .filter_map(|argument| argument.split_once(": "));
        (
            name.to_owned(),
            names.map(|(name, _)| name.to_owned()).collect(),
        )
    });
    lines.collect()
}

#[test]
fn every_command_that_is_written_is_handled() {
    assert_eq!(handled(), written().into_keys().collect::<Names>());
}

#[test]
fn every_command_has_a_permission_of_its_own() {
    let list = between(GIVEN_A_PERMISSION, "COMMANDS: &[&str] = &[", "];");
    let permissions: Names = list
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect();

    assert_eq!(permissions, handled());
}

#[test]
fn the_window_is_granted_its_commands_and_to_listen_and_nothing_else() {
    let capability: serde_json::Value = serde_json::from_str(GRANTED).unwrap();
    let granted: Names = capability["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect();

    let commands = handled()
        .iter()
        .map(|name| format!("allow-{}", name.replace('_', "-")))
        .collect::<Names>();
    let listening = ["core:event:allow-listen", "core:event:allow-unlisten"].map(str::to_owned);
    assert_eq!(granted, commands.into_iter().chain(listening).collect());
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
}

#[test]
fn the_pages_know_every_command_and_its_arguments() {
    assert_eq!(known_to_pages(), written());
}

#[test]
fn the_pages_load_nothing_from_elsewhere() {
    let config: serde_json::Value =
        serde_json::from_str(include_str!("../tauri.conf.json")).unwrap();
    let security = &config["app"]["security"];
    let csp = security["csp"].as_object().unwrap();

    assert_eq!(csp["default-src"], "'none'");
    for (directive, sources) in csp {
        let allowed = [
            "'none'",
            "'self'",
            "blob:",
            "data:",
            "ipc:",
            "http://ipc.localhost",
        ];
        let strange: Vec<&str> = sources
            .as_str()
            .unwrap()
            .split(' ')
            .filter(|source| !allowed.contains(source))
            .collect();
        assert!(strange.is_empty(), "{directive}: {strange:?}");
    }
    assert_eq!(csp["script-src"], "'self'");
    assert_eq!(csp["style-src"], "'self'");
    assert_eq!(security["freezePrototype"], true);
    assert_eq!(security["capabilities"], serde_json::json!(["main"]));
}
