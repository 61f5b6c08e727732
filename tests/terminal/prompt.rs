//! The question, its answers, and what a person sees meanwhile.

use crate::repo::Repo;
use crate::screen::{Session, run};

const QUESTION: &str = "Enter a value: ";

#[test]
fn yes_applies_with_progress_and_leaves_no_bar_behind() {
    let repo = Repo::sample();
    let mut session = Session::start(&repo, &["apply"], 100, &[]);
    session.until(QUESTION);
    session.types("yes\n");
    let screen = session.end().shows_only_colours_and_a_bar().exits(0).has_colours();
    assert!(screen.sequences.iter().any(|sequence| sequence == "2K"), "a bar is drawn, and cleared: {screen:#?}");
    let (_, done) = screen.text.split_once(QUESTION).unwrap();
    for line in ["campaign.pricing-churn: Creating...", "campaign.pricing-churn: Creation complete"] {
        assert!(done.contains(line), "{done}");
    }
    assert!(done.contains("Apply complete! Resources: 5 added, 0 changed, 0 destroyed."), "{done}");
    run(&repo, &["plan"], 100, &[]).exits(0).says("No changes.");
}

#[test]
fn anything_but_yes_changes_nothing() {
    let repo = Repo::sample();
    for answer in ["no\n", "y\n", "YES\n", " yes\n", "\n", "yes\u{1b}[A\n"] {
        let mut session = Session::start(&repo, &["apply"], 100, &[]);
        session.until(QUESTION);
        session.types(answer);
        session.end().exits(1).says("apply cancelled").says("nothing was changed");
    }
    // The end of input, and Ctrl-C.
    for (key, told) in [("\u{4}", "nobody answered: standard input is closed"), ("\u{3}", "apply cancelled")] {
        let mut session = Session::start(&repo, &["apply"], 100, &[]);
        session.until(QUESTION);
        session.types(key);
        session.end().exits(1).says(told);
    }
    run(&repo, &["plan", "-q"], 100, &[]).exits(0).says("Plan: 5 to add, 0 to change, 0 to destroy.");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let repo = Repo::sample();
    run(&repo, &["plan"], 100, &[]).shows_only_colours_and_a_bar().has_colours();
    let plain = run(&repo, &["plan", "-q"], 100, &[("NO_COLOR", "1")]).has_no_sequences();
    assert_eq!(plain.text, "Plan: 5 to add, 0 to change, 0 to destroy.\n");
    for (arguments, environment) in
        [(&["plan"][..], &[("NO_COLOR", "1")][..]), (&["plan", "--color", "never"], &[]), (&["plan"], &[("TERM", "dumb")])]
    {
        let screen = run(&repo, arguments, 100, environment).shows_only_colours_and_a_bar();
        assert!(!screen.sequences.iter().any(|sequence| sequence.ends_with('m')), "{arguments:?} {environment:?}: {screen:#?}");
    }
    // An empty value is none.
    run(&repo, &["plan"], 100, &[("NO_COLOR", "")]).has_colours();
    run(&repo, &["plan", "--color", "always"], 100, &[("NO_COLOR", "1")]).has_colours();
    repo.replace("campaigns/pricing-churn.yaml", "value: 0.72", "value: high");
    run(&repo, &["validate"], 100, &[("NO_COLOR", "1")]).exits(1).has_no_sequences();
    run(&repo, &["validate"], 100, &[]).exits(1).shows_only_colours().has_colours();
}
