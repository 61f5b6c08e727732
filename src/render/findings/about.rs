//! What a rule is about, in the words that formats with a list of rules want: for lint's rules from their documentation, for
//! those of reading and of the schema from the table here.

use std::fmt::Write;

use crate::lint;

/// A rule, told to somebody who has never heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What it finds, in one line.
    pub summary: String,
    /// Why that is bad.
    pub why: String,
    /// How to mend it, as plain text.
    pub help: String,
    /// The same and an example where there is one, as Markdown.
    pub markdown: String,
    /// Whether it looks at what a campaign says, or at the form it is written in.
    pub kind: &'static str,
}

/// Tells about the rule with this id; `None` for one that nobody described.
pub fn about(id: &str) -> Option<About> {
    if let Some(rule) = lint::rule(id) {
        let mut markdown = format!("{}\n\n**Why:** {}\n\n```yaml\n{}\n```\n", rule.what, rule.why, rule.example);
        // Writing to a String cannot fail.
        let _ = write!(markdown, "\n**Instead:**\n\n```yaml\n{}\n```\n", rule.fix);
        let help = format!("{} Instead: {}", rule.what, rule.fix);
        return Some(About { summary: rule.summary.to_owned(), why: rule.why.to_owned(), help, markdown, kind: "campaign" });
    }
    let (_, summary, why, fix) = FORM.iter().find(|(known, ..)| *known == id)?;
    let (summary, why, help) = ((*summary).to_owned(), (*why).to_owned(), (*fix).to_owned());
    let markdown = format!("{why}\n\n**Instead:** {fix}\n");
    Some(About { summary, why, help, markdown, kind: "form" })
}

/// The rules on the form of files and on what they refer to: id and what it is about, sorted.
pub fn form_rules() -> impl Iterator<Item = (&'static str, About)> {
    FORM.iter().filter_map(|(id, ..)| Some((*id, about(id)?)))
}

/// Rules on the form of files, sorted: id, what they find, why that is bad, what to do.
const FORM: [(&str, &str, &str, &str); 46] = [
    (
        "alias-budget",
        "anchors, aliases and variables make the document too large",
        "A few lines of aliases can stand for gigabytes; such a document is not read.",
        "Write the values out, or use fewer aliases.",
    ),
    ("alias-loop", "an alias stands inside its own anchor", "The value would contain itself.", "Write the value out."),
    (
        "bad-case",
        "a test case says something that cannot be",
        "A case that cannot be decided, or that expects nothing, would never find anything.",
        "Write what the message names.",
    ),
    (
        "bad-key",
        "a file name is no campaign key",
        "The file's name without its ending is what plans, messages and the state call the campaign, unless `key:` says otherwise.",
        "Rename the file to letters, digits, `_` and `-`, or set `key:`.",
    ),
    (
        "bad-number",
        "a number that JSON cannot hold",
        "The API speaks JSON, which has no infinity and no numbers of any size; the value would arrive as another one.",
        "Write a finite number in range, or put it in quotes if it is text.",
    ),
    (
        "bad-state",
        "an environment's `state` cannot be used",
        "The state remembers which live campaign is which; without it no plan can be made.",
        "Use a path, for example `.campaignctl/production.json`, or the URL of an object: `s3://bucket/key`, `gs://bucket/key`, `az://container/key`.",
    ),
    (
        "bad-tag",
        "a value does not fit the tag before it",
        "A tag says what type a value has; here tag and value contradict each other.",
        "Leave the tag out.",
    ),
    (
        "bad-target",
        "an environment has no target, several, or one that cannot be used",
        "The target says which server the campaigns are for.",
        "Keep exactly one of `emulator`, `baseUrl` and `region`.",
    ),
    (
        "bad-value",
        "a value is none of those that its field allows",
        "The API refuses a campaign with such a value.",
        "Write one of the values that the message names.",
    ),
    (
        "duplicate-case",
        "two test cases of a file have the same name",
        "A report could not tell which of the two failed.",
        "Give each its own name.",
    ),
    (
        "duplicate-field",
        "a field is there twice in one mapping",
        "Readers of YAML disagree on which of the two counts, so the file does not say what it seems to say.",
        "Remove one of the two.",
    ),
    (
        "duplicate-overlay",
        "two overlays of one environment belong to the same campaign",
        "Which of them counts would be chance.",
        "Keep one of the two files.",
    ),
    (
        "empty-document",
        "a document between `---` lines is empty",
        "An empty document declares no campaign; most often its content was lost.",
        "Write its content, or delete the `---` line.",
    ),
    (
        "empty-file",
        "a file holds nothing, or nothing but comments",
        "An empty file declares no campaign; most often its content was lost, and its campaign would be deleted.",
        "Write its content, or delete the file.",
    ),
    (
        "exclusive-fields",
        "two fields that exclude each other are both there",
        "They name the same thing in two ways; only one of them can be meant.",
        "Keep one of them.",
    ),
    (
        "merge-key",
        "`<<` (merge) is used",
        "It is no part of YAML 1.2: some readers merge, others keep a field called `<<`.",
        "Write the fields out; a whole value can be repeated with an alias.",
    ),
    (
        "missing-field",
        "a required field is missing",
        "The API refuses a campaign without it.",
        "Add the field; the message says what it may hold.",
    ),
    (
        "missing-key",
        "a document in a file with several documents has no `key`",
        "The file's name can be the key of one campaign only.",
        "Add `key:` with a name that no other campaign has.",
    ),
    (
        "no-campaigns",
        "the campaigns folder is missing or has no campaign file",
        "An empty folder would mean that every campaign is to be deleted, so it is never taken as that.",
        "Write a first campaign there, or set `campaigns` to the folder that holds them.",
    ),
    (
        "non-string-key",
        "a key of a mapping is no text",
        "Fields have names; YAML reads this key as a number, a boolean, a list or nothing.",
        "Put the key in quotes, or write the field's name.",
    ),
    (
        "not-utf8",
        "a file is no UTF-8 text",
        "Only text in UTF-8 can be read without guessing.",
        "Save the file as UTF-8, or move it out of the campaigns folder.",
    ),
    (
        "outside-project",
        "a path or link leads outside the project folder, or to a hidden file",
        "A change that somebody proposes could otherwise show any file of the machine that plans it.",
        "Put the files into the project. Where both folders are yours, name one that holds them in `CAMPAIGNCTL_ROOT`.",
    ),
    (
        "overlay-entry",
        "a filter or action of an overlay cannot be merged into the campaign",
        "An entry names a filter by `attributeName` and `operator`, an action by `type` and `priority`: it must name exactly one, and to remove one there must be one.",
        "Write these fields as the campaign file does; put what only some environments have into their overlays alone.",
    ),
    (
        "overlay-without-environment",
        "an overlay stands beside the folders of the environments",
        "Nobody knows for which environment it is meant, so it would have no effect.",
        "Move it into the folder of its environment.",
    ),
    (
        "overlays-folder",
        "the campaigns folder is inside the folder of the overlays",
        "Its files would be read as campaigns and as overlays.",
        "Set `overlays:` to a folder that holds nothing but overlays.",
    ),
    (
        "several-documents",
        "the project file has more than one document",
        "Only one of them could be the project.",
        "Remove the `---` line and what follows it.",
    ),
    ("symlink-loop", "a link leads to a folder that is read already", "Its campaigns would be declared twice.", "Remove the link."),
    (
        "tab-indentation",
        "a tab is used as indentation",
        "YAML allows no tabs there: how deep a tab indents is a matter of the editor.",
        "Indent with spaces.",
    ),
    (
        "too-deep",
        "values or folders are nested too deep",
        "A campaign needs six levels; more than that is a slip, or an attack on readers.",
        "Close the brackets, mend the indentation, or move the files up.",
    ),
    (
        "too-large",
        "a file is larger than 1 MiB, or the files of a folder than 256 MiB together",
        "A campaign has a few kilobytes; a larger file is most often no campaign.",
        "Split the file, or move it out of the campaigns folder.",
    ),
    (
        "too-many-files",
        "a folder has more than 200,000 entries",
        "Looking at them would take long, and most of them are not campaigns.",
        "Move what is not a campaign out of the folder.",
    ),
    (
        "too-many-problems",
        "a document has so many problems that the rest was not read",
        "What follows is most often the same slip again.",
        "Mend the problems before this one first.",
    ),
    (
        "too-many-values",
        "a document holds too many values",
        "A campaign has a few dozen values; a document with this many is most often no campaign.",
        "Split the document into several files.",
    ),
    (
        "unknown-attribute",
        "no filter looks at an attribute of a test case, and at one of nearly that name some does",
        "The session of the case would lack the attribute that is meant.",
        "Correct the name.",
    ),
    (
        "unknown-campaign",
        "a test case names a campaign that is not there",
        "What the case says of it could never be looked at.",
        "Correct the key, or remove what the case says of it.",
    ),
    (
        "unknown-environment",
        "an environment is named that the project file does not have, or none is named",
        "Variables and target belong to an environment; without one nothing can be checked or planned.",
        "Name one of the environments with `--environment`, or set `defaultEnvironment`.",
    ),
    (
        "unknown-field",
        "a field that is not known here",
        "It would be ignored silently, or refused by the API; most often it is another field, misspelt.",
        "Correct the name, or remove the field.",
    ),
    (
        "unknown-overlay",
        "an overlay belongs to no campaign",
        "Its name is misspelt, or the campaign got another key: what was to be different in this environment is not.",
        "Name the file as the key of its campaign, or delete it.",
    ),
    (
        "unknown-reference",
        "a queue, skill group or wrap-up code that the organization does not have",
        "Accepted invites would land in the channel's shared default queue, or with the wrong people.",
        "Use a name that the organization has, or create it there first.",
    ),
    (
        "unknown-region",
        "a region that does not exist",
        "The region says which server the campaigns are for.",
        "Use one of the regions that the message names.",
    ),
    (
        "unknown-tag",
        "a tag that means nothing here",
        "A value with such a tag has no agreed type.",
        "Leave the tag out; put the value in quotes if it is text.",
    ),
    (
        "unknown-variable",
        "a variable that the environment does not have",
        "The text would keep its `${…}`, and visitors would read it.",
        "Add the variable to the environment in the project file, or write `$${` for a literal `${`.",
    ),
    (
        "unreadable",
        "a file cannot be read",
        "What it declares is not known, and its campaign would look deleted.",
        "Give yourself permission to read it, or move it out of the campaigns folder.",
    ),
    (
        "unterminated-variable",
        "`${` without its `}`",
        "It cannot be told where the name of the variable ends.",
        "Close it with `}`, or write `$${` for a literal `${`.",
    ),
    (
        "wrong-type",
        "a value is not of its field's type",
        "The API compares and stores strictly: a text is no number, and a list no text.",
        "Write a value of the type that the message names.",
    ),
    (
        "yaml-syntax",
        "the file is no YAML",
        "From this place on it cannot be told what belongs to what.",
        "Check brackets, quotes and indentation here and in the line before.",
    ),
];

#[cfg(test)]
mod tests {
    use super::{FORM, about};
    use crate::lint;

    #[test]
    fn every_rule_has_words_and_one_description() {
        assert!(FORM.is_sorted_by(|a, b| a.0 < b.0));
        for id in FORM.iter().map(|(id, ..)| *id).chain(lint::rules().map(|rule| rule.id)) {
            let about = about(id).unwrap();
            assert!([&about.summary, &about.why, &about.help, &about.markdown].iter().all(|text| !text.trim().is_empty()), "{id}");
        }
        assert!(FORM.iter().all(|(id, ..)| lint::rule(id).is_none()));
        assert_eq!(about("nobody-knows"), None);
    }
}
