//! Rules for people: one of them explained, or all of them in a table.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};

use super::findings::About;
use super::style::{FAINT, STRONG};
use crate::lint::{Gravity, Levels, Rule};
use crate::model::Level;

/// Columns that text is wrapped to where the width is not known.
const DEFAULT_WIDTH: usize = 100;

/// What a rule finds, why that is bad, an example, and what to write instead.
pub fn explain(rule: &Rule, width: Option<usize>) -> String {
    let Rule { id, gravity, summary, what, why, example, fix } = rule;
    let width = width.unwrap_or(DEFAULT_WIDTH).clamp(40, DEFAULT_WIDTH);
    let mut out = format!("{STRONG}{id}{STRONG:#}: {}\n", sentence(summary));
    for (title, text) in [("What", what), ("Why", why)] {
        let _ = write!(out, "\n{STRONG}{title}{STRONG:#}\n{}", wrapped(text, width, "  "));
    }
    for (title, yaml) in [("Example", example), ("Instead", fix)] {
        let lines: String = yaml.lines().map(|line| format!("  {line}\n")).collect();
        let _ = write!(out, "\n{STRONG}{title}{STRONG:#}\n{lines}");
    }
    let _ = write!(out, "\n{STRONG}Level{STRONG:#}\n{}", wrapped(&level_text(id, *gravity), width, "  "));
    out
}

/// What a rule on the form of files finds, why that is bad, and what to write instead.
pub fn explain_form(id: &str, about: &About, width: Option<usize>) -> String {
    let About { summary, why, help, markdown: _, kind: _ } = about;
    let width = width.unwrap_or(DEFAULT_WIDTH).clamp(40, DEFAULT_WIDTH);
    let mut out = format!("{STRONG}{id}{STRONG:#}: {}\n", sentence(summary));
    for (title, text) in [("Why", why.as_str()), ("Instead", help), ("Level", "always an error: such a file cannot be used")] {
        let _ = write!(out, "\n{STRONG}{title}{STRONG:#}\n{}", wrapped(text, width, "  "));
    }
    out
}

/// How grave a rule is, and how to change that.
fn level_text(id: &str, gravity: Gravity) -> String {
    match gravity {
        Gravity::Error => "always an error: such a campaign cannot do what its file says".to_owned(),
        Gravity::Warning(level) => {
            let other = if level == Level::Deny { Level::Warn } else { Level::Deny };
            format!(
                "{level} by default; `lint: {{ {id}: {other} }}` in campaignctl.yaml sets it for all environments or for one, `--{other} {id}` for one run"
            )
        }
    }
}

/// All rules with their levels.
pub fn table<'a>(rules: impl IntoIterator<Item = &'a Rule>, levels: &Levels, width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(["Rule", "Level", "Finds"]);
    if let Some(width) = width {
        table.set_width(width);
    }
    for rule in rules {
        let level = levels.of(rule).map_or("error", Level::as_str);
        table.add_row([rule.id, level, rule.summary]);
    }
    let lines: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    format!("{lines}\n{FAINT}`error` cannot be set. `campaignctl validate --explain RULE` says more.{FAINT:#}\n")
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// Text in lines of at most `width` columns, as words allow.
fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut line = indent.to_owned();
    for word in text.split_whitespace() {
        if line.len() > indent.len() && line.chars().count() + 1 + word.chars().count() > width {
            let _ = writeln!(out, "{line}");
            line = indent.to_owned();
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn text_is_wrapped_at_words() {
        assert_eq!(wrapped("a bc def", 6, "  "), "  a bc\n  def\n");
        assert_eq!(wrapped("a-long-word b", 6, "  "), "  a-long-word\n  b\n");
    }
}
