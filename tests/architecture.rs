//! The house: which room may use which, which rooms stay pure, and who alone may speak, write or open a socket.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the ground up. A room uses only rooms of lower floors.
const FLOORS: [&[&str]; 9] = [
    &["model", "diagnostic"],
    &["evaluate"],
    &["schema", "lint", "edit", "reconcile", "suite", "warehouse"],
    &["adopt"],
    &["files"],
    &["load", "remote", "replay", "state", "saved", "serve"],
    &["apply", "emulator", "monitor"],
    &["ops", "render"],
    &["cli"],
];

/// Rooms without clock, disk, network, environment, randomness or async.
const PURE: [&str; 10] = ["model", "diagnostic", "schema", "lint", "edit", "reconcile", "suite", "warehouse", "evaluate", "adopt"];

/// What a pure room must not name.
const WINDOWS: [&str; 18] = [
    "std::fs",
    "std::env::",
    "std::net",
    "std::process",
    "std::thread",
    "std::io",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "tokio::",
    "reqwest",
    "axum",
    "redb",
    "rayon",
    "Uuid::new",
    "async fn",
    "tracing::",
];

struct Source {
    path: PathBuf,
    room: String,
    /// The text without comments and without `#[cfg(test)]` modules.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut waiting = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && path.file_stem().is_none_or(|stem| stem != "tests") {
                let relative = path.strip_prefix(&root).unwrap().to_path_buf();
                let room = relative.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
                sources.push(Source { code: code(&fs::read_to_string(&path).unwrap()), path: relative, room });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 50, "the walk found the sources");
    sources
}

/// Unit tests stand at the end of their file, so what follows `#[cfg(test)]` is no product code.
fn code(text: &str) -> String {
    let product = text.split("#[cfg(test)]").next().unwrap_or_default();
    product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The rooms a text names as `crate::room`, also inside `use crate::{a, b}`.
fn rooms_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for name in names {
            let room: String = name.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            used.push(room);
        }
    }
    used
}

#[test]
fn every_room_has_a_floor_and_is_on_the_map() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for room in sources().iter().map(|source| source.room.as_str()).filter(|room| !["lib", "main"].contains(room)) {
        assert!(floor(room).is_some(), "`{room}` is on no floor of this test");
        assert!(map.contains(&format!("pub mod {room};")), "`{room}` is not on the map in lib.rs");
    }
    let mut places: Vec<(usize, &str)> = Vec::new();
    for room in FLOORS.concat() {
        places.push((map.find(&format!("pub mod {room};")).unwrap_or_else(|| panic!("no room `{room}` in lib.rs")), room));
    }
    places.sort_unstable();
    let order: Vec<usize> = places.iter().map(|(_, room)| floor(room).unwrap()).collect();
    assert!(order.is_sorted(), "lib.rs lists the rooms from the ground up: {places:?}");
}

#[test]
fn a_room_uses_only_the_floors_below_it() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| floor(&source.room).is_some()) {
        for used in rooms_used(&source.code) {
            let below = floor(&used) < floor(&source.room);
            if floor(&used).is_some() && used != source.room && !below {
                wrong.push(format!("{} uses `{used}`, which is not below `{}`", source.path.display(), source.room));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_rooms_have_no_windows() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.room.as_str())) {
        for window in WINDOWS.iter().filter(|window| source.code.contains(**window)) {
            wrong.push(format!("{} names `{window}`", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn some_things_have_one_place() {
    // What, and the only paths (or beginnings of paths) that may name it.
    let places: BTreeMap<&str, &[&str]> = BTreeMap::from([
        // The second only makes the client of object stores, whose requests the `object_store` crate builds.
        ("reqwest", &["remote/http.rs", "state/object/connector.rs"][..]),
        ("SecretAddress", &["remote/http.rs", "remote/webhook.rs"]),
        ("Webhook::new", &["remote/", "cli/"]),
        ("Writer", &["remote/", "apply/", "ops/apply.rs"]),
        ("std::env::", &["cli/"]),
        ("println!", &[]),
        ("eprintln!", &[]),
        ("std::process::exit", &["cli/signals.rs"]),
        ("io::stdout", &["cli/console.rs"]),
        ("axum", &["emulator/", "monitor/server.rs", "serve/"]),
        ("hyper", &["serve/"]),
        ("redb::", &["emulator/"]),
        ("cap_std", &["files/"]),
        ("object_store", &["state/"]),
        ("anstyle", &["render/", "cli/"]),
        ("indicatif", &["cli/"]),
        ("deunicode", &["adopt/key.rs"]),
        ("wildmatch", &["ops/import/select.rs"]),
    ]);
    let mut wrong = Vec::new();
    for source in sources() {
        for (what, allowed) in &places {
            let path = source.path.to_string_lossy().replace('\\', "/");
            if source.code.contains(what) && !allowed.iter().any(|allowed| path.starts_with(allowed)) {
                wrong.push(format!("{path} names `{what}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_first_what_lives_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for source in sources() {
        let text = fs::read_to_string(root.join(&source.path)).unwrap();
        assert!(text.starts_with("//! "), "{} begins with a line on what lives there", source.path.display());
    }
}

#[test]
fn what_is_built_in_is_there_when_an_image_is_built() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let left_out = fs::read_to_string(root.join("examples/docker/Dockerfile.dockerignore")).unwrap();
    let mut found = 0;
    for source in sources() {
        let folder = Path::new("src").join(source.path.parent().unwrap());
        for path in source.code.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let mut parts: Vec<String> = Vec::new();
            for part in folder.join(path).components().map(|part| part.as_os_str().to_string_lossy().into_owned()) {
                if part == ".." { drop(parts.pop()) } else { parts.push(part) }
            }
            assert!(root.join(parts.join("/")).is_file(), "{}: {path}", source.path.display());
            assert!(!left_out.lines().any(|line| line == parts[0]), "{}: {path} is not in the image", source.path.display());
            found += 1;
        }
    }
    assert!(found > 4, "the pipelines are built in");
}

#[test]
fn there_are_no_drawers() {
    for source in sources() {
        for drawer in ["utils", "util", "helpers", "common", "misc", "shared"] {
            assert!(source.path.components().all(|part| Path::new(part.as_os_str()).file_stem().is_none_or(|stem| stem != drawer)));
        }
    }
}
