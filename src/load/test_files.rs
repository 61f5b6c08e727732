//! Loads the test cases of a project: each file read, checked and made ready to run, everything that is wrong at its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize as _;

use super::disk::{self, Entry};
use super::interpolate::Variables;
use super::parse;
use super::problem::Problem;
use super::sheet::{Sheet, decoded};
use super::test_case::Reader;
use super::{Environment, Loaded, Project};
use crate::diagnostic::{Finding, Part, Severity, SourceTree, Span};
use crate::model::{CampaignKey, TestDocument};
use crate::schema::{self, shorten};
use crate::suite::Case;

/// The test cases of a project, for one environment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LoadedTests {
    /// The good cases, in order of path and place.
    pub cases: Vec<Case>,
    /// Everything that is wrong; its places are in the sources of the campaigns.
    pub findings: Vec<Finding>,
    /// Test files found, good and bad.
    pub files: usize,
    /// Cases that are for other environments.
    pub elsewhere: usize,
}

/// What the cases of all files are read against.
pub(super) struct Known {
    /// Every key that is declared; `None` where a campaign could not be read, so that any key may be one.
    pub(super) keys: Option<BTreeSet<CampaignKey>>,
    /// The attributes that some filter looks at.
    pub(super) attributes: BTreeSet<String>,
    /// The environments of the project.
    environments: BTreeSet<String>,
}

/// Reads the test files of the project, or `only` these, and adds them to the sources of what was loaded.
pub fn load_tests(project: &Project, environment: &Environment, loaded: &mut Loaded, only: &[PathBuf]) -> LoadedTests {
    let known = Known::of(project, loaded);
    let elsewhere = project.variables_elsewhere(&environment.name);
    let variables = Variables { values: &environment.variables, environment: &environment.name, elsewhere: Some(&elsewhere) };
    let mut tests = LoadedTests::default();
    for entry in entries(project, only) {
        tests.files += 1;
        let mut file = File { shown: disk::shown(&entry.path, &project.root), ..File::default() };
        file.read(&entry, variables, &known, &environment.name);
        file.join(loaded, &mut tests);
    }
    tests
}

impl Known {
    fn of(project: &Project, loaded: &Loaded) -> Self {
        let filters = loaded.campaigns.iter().flat_map(|campaign| &campaign.document.filters);
        Self {
            keys: loaded.keys.clone(),
            attributes: filters.map(|filter| filter.attribute_name.clone()).collect(),
            environments: project.settings.environments.keys().cloned().collect(),
        }
    }
}

fn entries(project: &Project, only: &[PathBuf]) -> Vec<Entry> {
    if only.is_empty() {
        let folder = project.root.join(&project.settings.campaigns);
        let except: [&Path; 2] = [&project.file, &project.overlays()];
        return if folder.is_dir() { disk::test_files(&folder, &project.border, &except) } else { Vec::new() };
    }
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let named = only.iter().map(absolute).flat_map(|path| disk::named(&path, Some(&project.border), disk::test_files));
    let mut entries: Vec<Entry> = named.map(missing).collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries.dedup_by(|a, b| a.path == b.path);
    entries
}

/// A file that was asked for by its name, and is not there.
fn missing(mut entry: Entry) -> Entry {
    if std::fs::symlink_metadata(&entry.path).is_err() {
        let problem = Problem::new("unreadable", Span::default(), "there is no such file");
        entry.problem = Some(problem.help("name a test file, or a folder that holds some"));
    }
    entry
}

/// One test file.
#[derive(Default)]
struct File {
    shown: String,
    text: String,
    trees: Vec<SourceTree>,
    /// Each with whether it is only a warning.
    problems: Vec<(Problem, Severity)>,
    cases: Vec<Case>,
    elsewhere: usize,
}

impl File {
    fn read(&mut self, entry: &Entry, variables: Variables<'_>, known: &Known, environment: &str) {
        let disk::Text { text, problem } = disk::read(entry);
        self.text = text;
        if let Some(problem) = problem {
            return self.problems.push((problem, Severity::Error));
        }
        let parsed = parse::parse(&self.text, Some(variables));
        self.errors(parsed.problems);
        let mut names = BTreeMap::new();
        for (index, document) in (0..).zip(parsed.documents) {
            let parse::Document { tree, value, problems, unknown, .. } = document;
            let mut found = problems;
            if let Some(value) = value {
                found.extend(
                    Sheet { tree: &tree, unknown: &unknown, text: &self.text, document: index }.violations(schema::check_test(&value)),
                );
                let good = found.is_empty();
                if let Some(document) = decoded(good, || TestDocument::deserialize(value), tree.root_span(), &mut found) {
                    self.take(&document, &tree, &mut names, known, environment);
                }
            }
            self.errors(found);
            self.trees.push(tree);
        }
    }

    fn errors(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.problems.extend(problems.into_iter().map(|problem| (problem, Severity::Error)));
    }

    /// Takes the cases of one good document. `names`: the cases of the file so far, with their places.
    fn take(&mut self, document: &TestDocument, tree: &SourceTree, names: &mut BTreeMap<String, Span>, known: &Known, environment: &str) {
        let TestDocument { environments, defaults, cases } = document;
        for (place, name) in environments.iter().enumerate().filter(|(_, name)| !known.environments.contains(*name)) {
            let span = tree.span(&format!("/environments/{place}"), Part::Value);
            let problem = Problem::new("unknown-environment", span, format!("there is no environment `{}`", shorten(name)));
            let all: Vec<&str> = known.environments.iter().map(String::as_str).collect();
            let help = match crate::diagnostic::nearest(name, all.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the environments are {}", schema::list(&all, "and")),
            };
            self.problems.push((problem.field(format!("environments[{place}]")).help(help), Severity::Error));
        }
        let is_elsewhere = !environments.is_empty() && !environments.iter().any(|name| name == environment);
        let group = group(&self.shown);
        for (index, case) in cases.iter().enumerate() {
            let mut reader = Reader { tree, known, base: format!("/cases/{index}"), problems: Vec::new() };
            let span = tree.span(&format!("/cases/{index}/name"), Part::Value);
            if let Some(first) = names.insert(case.name.clone(), span) {
                reader.problems.push((
                    Problem::new("duplicate-case", span, format!("two cases are called `{}`", shorten(&case.name)))
                        .field(format!("cases[{index}].name"))
                        .help("give each case of a file its own name")
                        .also(first, "the first one"),
                    Severity::Error,
                ));
            }
            let line = line(&self.text, tree.span(&format!("/cases/{index}"), Part::Value));
            let read = reader.case(defaults, case, &self.shown, &group, line);
            self.problems.append(&mut reader.problems);
            if is_elsewhere {
                self.elsewhere += 1;
            } else {
                self.cases.extend(read);
            }
        }
    }

    fn join(self, loaded: &mut Loaded, tests: &mut LoadedTests) {
        let Self { shown, text, trees, mut problems, cases, elsewhere } = self;
        problems.sort_by_key(|(problem, _)| problem.span);
        let id = loaded.sources.add_file(shown, text, trees);
        let text = loaded.sources.file(id).map_or("", |file| file.text.as_str());
        // `validate --fix` mends campaigns alone.
        let finding = |(problem, severity): (Problem, Severity)| Finding { severity, fix: None, ..problem.into_finding(id, text) };
        tests.findings.extend(problems.into_iter().map(finding));
        tests.cases.extend(cases);
        tests.elsewhere += elsewhere;
    }
}

/// What the file is called in the names of its cases: its name without `.test.yaml`.
fn group(shown: &str) -> String {
    let name = Path::new(shown).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    name.strip_suffix(".test").map(str::to_owned).unwrap_or(name)
}

fn line(text: &str, span: Span) -> u32 {
    let before = text.as_bytes().get(..span.start as usize).unwrap_or_default();
    super::problem::offset(before.iter().filter(|byte| **byte == b'\n').count()).saturating_add(1)
}
