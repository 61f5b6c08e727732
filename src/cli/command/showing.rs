//! How a plan is written: what `plan` and `show` have in common, and the part of it that `apply` shares.

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::process_environment;
use crate::load::repository_of;
use crate::ops::Failure;
use crate::render;
use crate::render::plan::{Links, Options, Report};

#[derive(Debug, Args)]
pub(super) struct ShowingArgs {
    /// List live campaigns that no file declares, instead of counting them
    #[arg(long)]
    pub(super) show_unmanaged: bool,
    /// Name the changes, their fields and their dangers, and leave out the values
    #[arg(long)]
    pub(super) concise: bool,
}

#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    /// How to write the plan
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: PlanFormat,
    /// Where files are linked to: URL of the repository's root at one commit [default: from GitHub's or GitLab's variables]
    #[arg(long, value_name = "URL")]
    pub(super) link_base: Option<String>,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For people at a terminal, in Terraform's form
    #[default]
    Human,
    /// As `terraform show -json`, with causes, dangers and costs under `campaignctl`
    Json,
    /// For a comment on a pull request, at most 65,536 characters
    Markdown,
    /// One self-contained page
    Html,
    /// The terraform report of GitLab
    Gitlab,
}

impl ShowingArgs {
    pub(super) fn options(&self) -> Options {
        Options { show_unmanaged: self.show_unmanaged, concise: self.concise }
    }
}

impl FormatArgs {
    /// Where files can be looked at, if that is known.
    pub(super) fn links(&self, context: &Context) -> Result<Option<Links>, Failure> {
        let base = match &self.link_base {
            Some(base) => base.clone(),
            // A variable that is no address is not the user's slip: then there are no links.
            None => match process_environment::link_base().filter(|base| is_address(base)) {
                Some(base) => base,
                None => return Ok(None),
            },
        };
        if !is_address(&base) {
            return Err(Failure::new(
                format!("`{base}` is no address that files can be linked to"),
                "--link-base takes the URL of the repository's root at one commit, e.g. https://github.com/acme/campaigns/blob/0a1b2c3",
            ));
        }
        let project = match context.project_if_any()? {
            Some(project) => repository_of(&project.root).project,
            None => String::new(),
        };
        Ok(Some(Links { base: base.trim_end_matches('/').to_owned(), project }))
    }

    /// The document in this format; `None` for the one for people.
    pub(super) fn document(&self, report: &Report<'_>) -> Option<String> {
        match self.format {
            PlanFormat::Human => None,
            PlanFormat::Json => Some(render::plan::json(report)),
            PlanFormat::Markdown => Some(render::plan::markdown(report)),
            PlanFormat::Html => Some(render::plan::html(report)),
            PlanFormat::Gitlab => Some(render::plan::gitlab(report)),
        }
    }
}

/// Whether it is a web address that stands harmlessly in every format.
fn is_address(text: &str) -> bool {
    let acts = |c: char| matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '[' | ']' | '`' | '\\' | '#' | '?' | '|' | '*');
    (text.starts_with("https://") || text.starts_with("http://")) && text.chars().all(|c| c.is_ascii_graphic() && !acts(c))
}

/// Shows a plan to people, or with `--quiet` its counts.
pub(super) fn show(report: &Report<'_>, showing: &ShowingArgs, context: &Context) {
    show_after(report, showing, "", context);
}

/// The same, with words before each line of `--quiet`.
pub(super) fn show_after(report: &Report<'_>, showing: &ShowingArgs, prefix: &str, context: &Context) {
    let console = &context.console;
    if console.is_quiet() {
        let line = if report.plan.is_empty() { "No changes.".to_owned() } else { render::plan::summary_line(report.plan.summary()) };
        for line in [Some(line), render::plan::danger_line(report.plan)].into_iter().flatten() {
            console.out(&format!("{prefix}{line}\n"));
        }
    } else {
        console.out(&render::plan::human(report, showing.options()));
    }
}
