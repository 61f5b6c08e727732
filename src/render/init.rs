//! A project that was started, for people: the files, what was inferred, and the next commands.

use std::fmt::Write as _;

use super::escape::inline;
use super::style::STRONG;
use crate::load::{Made, Started};

/// What was made; `cd` is the folder to change to, where it is not the working directory.
pub fn started(started: &Started, cd: Option<&str>) -> String {
    let Started { folder, is_new, files, environment, is_usable, notes } = started;
    let is_changed = files.iter().any(|(_, made)| matches!(made, Made::Written | Made::Extended));
    let folder = inline(&folder.display().to_string());
    let mut out = if is_changed {
        format!("{STRONG}A project in {folder}{STRONG:#}\n\n")
    } else {
        format!("{STRONG}Nothing to do in {folder}:{STRONG:#} every file is there.\n\n")
    };
    for (name, made) in files {
        let word = match made {
            Made::Written => "written",
            Made::Same | Made::Kept => "kept",
            Made::Extended => "extended",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {word:<9} {}", inline(name));
    }
    let is_outdated = |(name, made): &&(String, Made)| name.starts_with("schema/") && *made == Made::Kept;
    if files.iter().any(|file| is_outdated(&file)) {
        out.push_str("\nA schema is not that of this version: `campaignctl schema --write` renews them.\n");
    }
    for note in notes {
        let _ = write!(out, "\n{}\n", inline(note));
    }
    if !is_new {
        return out;
    }
    out.push_str("\nNext:\n");
    if let Some(cd) = cd {
        let _ = writeln!(out, "  cd {}", inline(cd));
    }
    out.push_str("  campaignctl validate\n");
    out.push_str("  campaignctl plan                 # in the embedded emulator\n");
    if *is_usable {
        let _ = writeln!(out, "  campaignctl plan -e {:<13}# with GENESYSCLOUD_OAUTHCLIENT_ID and …_SECRET set", inline(environment));
    }
    out
}
