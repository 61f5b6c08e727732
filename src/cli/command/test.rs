//! `campaignctl test`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::load::repository_of;
use crate::ops::Failure;
use crate::ops::test::{Request, prepare, run};
use crate::render;
use crate::render::test::TestReport;
use crate::suite::Tested;

/// Run the test cases of the campaigns: campaigns/*.test.yaml
///
/// Each case is a session, what went before it, and what the campaigns are to decide. They are run offline against what the
/// files say for one environment, with the rules of the platform, and always come out the same.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl test                     all cases, with the variables of the default environment
  campaignctl test pricing-churn       those with this text in their title
  campaignctl test -e production       against what is to be live in `production`
  campaignctl test --coverage          the limits that no case looks at, with cases to paste
  campaignctl test --min-coverage 80   fail below 80 percent of the limits
  campaignctl test --mutate            which small changes of a campaign would no case notice?
  campaignctl test --format junit      for CI servers

Exit codes: 0 all cases pass, or there is none; 1 a case fails, a file has errors, too little is covered, or FILTER selects
no case")]
pub(in crate::cli) struct Test {
    /// Only cases with this text in their title, `file: name`
    filter: Option<String>,
    /// Only this test file, or those below this folder; may be repeated [default: all beside the campaigns]
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// How to write the results
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// List the cases and run none
    #[arg(long)]
    list: bool,
    /// List the limits that no case looks at, each with a case to paste
    #[arg(long)]
    coverage: bool,
    /// Fail when the cases look at fewer of the limits
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// Change one thing of a campaign at a time and list the changes that no case notices
    #[arg(long)]
    mutate: bool,
    /// With --mutate: fail when fewer of the changes are noticed
    #[arg(long, value_name = "PERCENT", requires = "mutate", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_score: Option<u8>,
    /// With --mutate: most changes that are tried
    #[arg(long, value_name = "N", requires = "mutate", default_value_t = 20_000)]
    max_mutants: usize,
}

/// How results are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: a line for each case, then the failures
    #[default]
    Human,
    /// One document with everything
    Json,
    /// JUnit XML, a test case for each case
    Junit,
    /// Annotations of GitHub Actions for the cases that fail
    Github,
}

impl Test {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let project = context.project()?;
        let environment = context.environment(&project)?;
        let request = Request {
            files: self.file.clone(),
            filter: self.filter.clone(),
            suggest: self.coverage,
            mutate: self.mutate.then_some(self.max_mutants),
        };
        let prepared = prepare(&project, &environment, &request)?;
        let console = &context.console;
        console.err(&render::findings::human(&prepared.warnings, &prepared.sources, console.err_width().map(usize::from)));
        if self.list {
            console.out(&render::test::list(&prepared));
            return Ok(Exit::Ok);
        }
        let tested = run(&prepared, &request);
        let report = TestReport { environment: &environment.name, prepared: &prepared, tested: &tested };
        match self.format {
            Format::Human => self.tell(&report, context),
            Format::Json => console.out(&render::test::json(&report)),
            Format::Junit => console.out(&render::test::junit(&report)),
            Format::Github => console.out(&render::test::github(&report, &repository_of(&project.root))),
        }
        self.judge(&tested)
    }

    fn tell(&self, report: &TestReport<'_>, context: &Context) {
        let TestReport { environment, prepared, tested } = report;
        let console = &context.console;
        let has_cases = !prepared.cases.is_empty();
        let mut text =
            if has_cases { render::test::human(report, console.is_quiet()) } else { render::test::nothing(prepared, environment) };
        if self.coverage {
            text.push_str(&render::test::coverage(report));
        }
        if let Some(mutation) = &tested.mutation {
            text.push_str(&render::test::mutation(report, mutation));
        }
        if has_cases {
            text.push_str(&format!("\n{}", render::test::summary(report)));
        }
        console.out(text.trim_start_matches('\n'));
        let is_selection = self.filter.is_some() || !self.file.is_empty();
        if !is_selection || self.coverage || self.min_coverage.is_some() {
            console.details(&render::test::coverage_line(&tested.coverage, self.coverage || !has_cases));
        }
    }

    /// What the run comes to as a whole.
    fn judge(&self, tested: &Tested) -> Outcome {
        let failed = tested.failed();
        if failed > 0 {
            // Each failure is told; that no changes were tried is not.
            if self.mutate {
                return Err(Failure::new("no changes were tried: a case fails without any", "mend it, or the campaign, first"));
            }
            return Ok(Exit::Error);
        }
        // Of nothing no share can be asked for but none.
        if let Some(least) = self.min_coverage.filter(|least| *least > 0) {
            let (covered, total) = (tested.coverage.covered(), tested.coverage.total);
            match tested.coverage.percent() {
                None => {
                    let message = format!("there are no boundaries to look at; --min-coverage asks for {least} %");
                    return Err(Failure::new(
                        message,
                        "boundaries are those of filters and limits of enabled campaigns: enable one, or leave out --min-coverage",
                    ));
                }
                Some(percent) if percent < usize::from(least) => {
                    let message =
                        format!("the cases look at {covered} of {total} boundaries, {percent} %; --min-coverage asks for {least} %");
                    return Err(Failure::new(message, "see the others, with cases to paste: campaignctl test --coverage"));
                }
                Some(_) => {}
            }
        }
        if let (Some(least), Some(mutation)) = (self.min_score.filter(|least| *least > 0), &tested.mutation) {
            match mutation.percent() {
                None => {
                    let message = format!("there was no change to try; --min-score asks for {least} %");
                    return Err(Failure::new(message, "add a campaign, or allow changes with --max-mutants; or leave out --min-score"));
                }
                Some(score) if score < usize::from(least) => {
                    let message = format!("the cases notice {score} % of the changes; --min-score asks for {least} %");
                    return Err(Failure::new(message, "add cases for the changes that are listed"));
                }
                Some(_) => {}
            }
        }
        Ok(Exit::Ok)
    }
}
