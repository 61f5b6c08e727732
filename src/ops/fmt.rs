//! `fmt`: the canonical layout of files. Nothing is written here: the result is the new text of each file.

use rayon::prelude::*;

use super::rewrite::{CommentOrder, prove};
use crate::diagnostic::{Finding, SourceMap};
use crate::edit::{self, Order, Refused, Rewritten};
use crate::load::{TextFile, Texts};

/// What formatting comes to.
#[derive(Debug, Default)]
pub struct Formatted {
    /// The files that change.
    pub files: Vec<Rewritten>,
    /// How many are in their layout already.
    pub unchanged: usize,
    /// The files that keep the layout they have, and why.
    pub refused: Vec<Refused>,
    /// Why files do not parse.
    pub findings: Vec<Finding>,
    /// The files of the findings.
    pub sources: SourceMap,
}

/// Formats files.
pub fn format(texts: Texts) -> Formatted {
    let Texts { files, findings, sources } = texts;
    let mut formatted = Formatted { findings, sources, ..Formatted::default() };
    let results: Vec<(TextFile, Result<String, String>)> =
        files.into_par_iter().with_min_len(8).map(|file| (new_text(&file), file)).map(|(result, file)| (file, result)).collect();
    for (TextFile { path, shown, text: before }, result) in results {
        match result {
            Ok(after) if after == before => formatted.unchanged += 1,
            Ok(after) => formatted.files.push(Rewritten { path, shown, before, after, made: Vec::new() }),
            Err(reason) => formatted.refused.push(Refused { shown, reason }),
        }
    }
    formatted
}

/// The text in its layout, proven to say the same.
fn new_text(file: &TextFile) -> Result<String, String> {
    let after = edit::format(&file.text, order(file)).map_err(|refusal| refusal.to_string())?;
    prove(&file.text, &after, &[], CommentOrder::Free)?;
    Ok(after)
}

/// Campaigns have an order of their own. In the project file, and in tests of campaigns, the author's order says something.
fn order(file: &TextFile) -> Order {
    let name = file.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(&name);
    if stem == "campaignctl" || stem.ends_with(".test") { Order::AsWritten } else { Order::Campaign }
}
