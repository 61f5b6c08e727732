//! A narrow terminal.

use unicode_width::UnicodeWidthStr;

use crate::repo::{Repo, campaign};
use crate::screen::run;

fn widest(text: &str) -> (usize, &str) {
    text.lines().map(|line| (line.width(), line)).max().unwrap_or_default()
}

#[test]
fn forty_columns_are_enough() {
    let repo = Repo::sample();
    for arguments in [&["--help"][..], &["apply", "--help"], &["rules"]] {
        let screen = run(&repo, arguments, 40, &[]).exits(0).is_harmless();
        println!("{arguments:?}: {:?}", widest(&screen.text));
    }
    for columns in [40, 1] {
        run(&repo, &["plan"], columns, &[]).exits(0).is_harmless_with_a_bar().says("5 to add");
    }
    let screen = run(&repo, &["apply", "--auto-approve"], 40, &[]).exits(0).is_harmless_with_a_bar();
    println!("{}", screen.text);
    repo.campaign("long", &campaign("A name that is a good deal longer than forty columns are", 45).replace("value: 45", "value: sure"));
    let screen = run(&repo, &["validate"], 40, &[]).exits(1).is_harmless();
    println!("{}", screen.text);
}
