//! A narrow terminal.

use unicode_width::UnicodeWidthStr;

use crate::repo::Repo;
use crate::screen::{Screen, run};

/// What stands below the line that a spinner turned in.
fn below_the_spinner(screen: &Screen) -> &str {
    screen.text.split_once("Environment:").unwrap_or_else(|| panic!("{screen:#?}")).1
}

#[test]
fn forty_columns_show_what_a_wide_terminal_shows() {
    let repo = Repo::sample();
    let help = run(&repo, &["--help"], 40, &[]).exits(0).shows_only_colours();
    for line in help.text.lines() {
        assert!(line.width() <= 40, "{line:?}");
    }
    let plan = |columns: u16| run(&repo, &["plan"], columns, &[]).exits(0).shows_only_colours_and_a_bar();
    let wide = plan(200);
    for columns in [40, 20] {
        assert_eq!(below_the_spinner(&plan(columns)), below_the_spinner(&wide), "{columns} columns");
    }
    repo.replace("campaigns/pricing-churn.yaml", "value: 0.72", "value: high");
    let narrow = run(&repo, &["validate"], 40, &[]).exits(1).shows_only_colours();
    // The message is folded, and nothing of it is lost.
    let message = narrow.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["the text \"high\" is no float; the API", "campaigns/pricing-churn.yaml:9:81", "value: high", "^^^^", "write a number"] {
        assert!(message.contains(part), "{part}: {}", narrow.text);
    }
}
