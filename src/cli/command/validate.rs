//! `campaignctl validate`

use clap::{Args, ValueEnum};

use super::fixing;
use super::rules::RuleArgs;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::lint::Overrides;
use crate::load::{Environment, Project, repository_of};
use crate::ops::Failure;
use crate::ops::references::check_online;
use crate::ops::validate::{Validated, check_tests, validate_with};
use crate::remote::Settings;
use crate::render;
use crate::render::findings::Report;

/// Check every campaign file
///
/// Reports everything that is wrong in all files at once, each finding with file, line and column, why it matters, and what
/// to write instead. Nothing is sent anywhere, unless --online asks for it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl validate                 with the variables of the default environment
  campaignctl validate -e production   with those of `production`
  campaignctl validate -e staging -e production   with those of each of the two
  campaignctl validate --online        do the queues, skill groups and wrap-up codes exist?
  campaignctl validate --format sarif  for code scanning
  campaignctl validate --deny all      warnings are errors too
  campaignctl validate --explain no-cooldown
  campaignctl validate --fix           mend what is certain, then report the rest
  campaignctl validate --fix --diff    show what would be mended

Exit codes: 0 no errors (there may be warnings), 1 errors")]
pub(in crate::cli) struct Validate {
    /// How to write the findings
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Also ask the environment whether the queues, skill groups and wrap-up codes exist
    #[arg(long)]
    online: bool,
    /// Mend what is certain, such as a number in quotes; nothing else in a file changes
    #[arg(long)]
    fix: bool,
    /// With --fix: print what would change as a diff, and write nothing
    #[arg(long, requires = "fix")]
    diff: bool,
    #[command(flatten)]
    rules: RuleArgs,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: each with its source line, the value underlined
    #[default]
    Human,
    /// As `terraform validate -json`, with rule, field and help under `campaignctl`
    Json,
    /// SARIF 2.1.0, for GitHub code scanning and editors
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A code quality report of GitLab
    Gitlab,
    /// JUnit XML, a test case for each file
    Junit,
}

impl Format {
    /// The document in this format; `None` for the one that is no document.
    fn document(self, report: &Report<'_>) -> Option<String> {
        match self {
            Self::Human => None,
            Self::Json => Some(render::findings::json(report)),
            Self::Sarif => Some(render::findings::sarif(report)),
            Self::Github => Some(render::findings::github(report)),
            Self::Gitlab => Some(render::findings::gitlab(report)),
            Self::Junit => Some(render::findings::junit(report)),
        }
    }
}

impl Validate {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let overrides = self.rules.overrides()?;
        if let Some(answer) = self.rules.answer(&overrides, context) {
            return answer;
        }
        let project = match context.try_project()? {
            Ok(project) => project,
            Err(error) => {
                let root = error.kind().folder().to_owned();
                return Err(self.documented(error.into(), &root, context));
            }
        };
        if context.environments().len() > 1 {
            return self.several(&project, &overrides, context);
        }
        let environment = context.environment(&project).map_err(|failure| self.documented(failure, &project.root, context))?;
        let mut validated = match (self.fix, self.diff) {
            (false, _) => validate_with(&project, &environment, &overrides),
            (true, true) => return fixing::show(context, &project, &environment, &overrides),
            (true, false) => fixing::write(context, &project, &environment, &overrides, self.format == Format::Human)?,
        };
        check_tests(&project, &environment, &mut validated);
        let asked = if self.online { online(context, &mut validated) } else { Ok(()) };
        let Validated { loaded, findings } = &validated;
        let repository = repository_of(&project.root);
        let report = Report { findings, sources: &loaded.sources, repository: &repository, environment: Some(&environment.name) };
        let console = &context.console;
        if let Some(document) = self.format.document(&report) {
            console.out(&document);
        } else {
            console.out(&render::findings::human(findings, &loaded.sources, console.width().map(usize::from)));
            let summary = render::findings::summary(findings, loaded.campaigns.len(), loaded.files);
            if findings.is_empty() {
                console.details(&format!("{summary}\n"));
            } else {
                console.out(&format!("{summary}\n"));
            }
        }
        // What is wrong in the files is told also when the server cannot be asked.
        asked?;
        Ok(if validated.has_errors() { Exit::Error } else { Exit::Ok })
    }

    /// Checks the files for several environments, each under its header.
    fn several(&self, project: &Project, overrides: &Overrides, context: &Context) -> Outcome {
        let names = context.environments();
        let alone = [
            (self.online, "--online", "each environment is asked by itself"),
            (self.fix, "--fix", "what is certain may differ between environments"),
            (!matches!(self.format, Format::Human | Format::Json), "this --format", "its readers expect the findings of one run"),
        ];
        if let Some((_, flag, reason)) = alone.into_iter().find(|(is_given, ..)| *is_given) {
            let message = format!("{flag} works on one environment, and -e names several: {}", names.join(", "));
            return Err(Failure::new(message, format!("{reason}; run it once for each environment")));
        }
        let environments: Vec<Environment> =
            names.iter().map(|name| project.environment(Some(name))).collect::<Result<_, _>>().map_err(Failure::from)?;
        let check = |environment: &Environment| {
            let mut validated = validate_with(project, environment, overrides);
            check_tests(project, environment, &mut validated);
            validated
        };
        let validated: Vec<Validated> = environments.iter().map(check).collect();
        let repository = repository_of(&project.root);
        let pairs = environments.iter().zip(&validated);
        let reports: Vec<Report<'_>> = pairs
            .map(|(environment, Validated { loaded, findings })| Report {
                findings,
                sources: &loaded.sources,
                repository: &repository,
                environment: Some(&environment.name),
            })
            .collect();
        let console = &context.console;
        if self.format == Format::Json {
            console.out(&render::findings::json_of_several(&reports));
        } else {
            for (Report { findings, sources, repository: _, environment }, Validated { loaded, findings: _ }) in
                reports.iter().zip(&validated)
            {
                console.out(&render::findings::environment_line(environment.unwrap_or_default()));
                console.out(&render::findings::human(findings, sources, console.width().map(usize::from)));
                console.out(&format!("{}\n\n", render::findings::summary(findings, loaded.campaigns.len(), loaded.files)));
            }
        }
        Ok(if validated.iter().any(Validated::has_errors) { Exit::Error } else { Exit::Ok })
    }

    /// Writes the document also where there was nothing to check, and leaves the rest of the failure to standard error.
    fn documented(&self, mut failure: Failure, root: &std::path::Path, context: &Context) -> Failure {
        if self.format == Format::Human {
            return failure;
        }
        match failure.findings.take() {
            Some(found) => {
                let (findings, sources) = *found;
                let repository = repository_of(root);
                let report = Report {
                    findings: &findings,
                    sources: &sources,
                    repository: &repository,
                    environment: context.environments().first().copied(),
                };
                context.console.out(&self.format.document(&report).unwrap_or_default());
            }
            // Of the formats only this one can hold a problem that is in no file. An empty report of another would close alerts.
            None if self.format == Format::Json => {
                context.console.out(&render::findings::json_failure(&failure.message, failure.hint.as_deref()));
            }
            None => {}
        }
        failure
    }
}

fn online(context: &Context, validated: &mut Validated) -> Result<(), Failure> {
    let scope = context.scope(Settings::default())?;
    context.block_on(check_online(&scope, validated))
}
