//! `campaignctl replay`

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;

use super::emit_sql::{self, EmitSql};
use super::limits::LimitArgs;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::cli::signals;
use crate::files::write_named;
use crate::model::Guards;
use crate::ops::Failure;
use crate::ops::plan::Request;
use crate::ops::replay::{Recording, Recordings, offline, online};
use crate::reconcile::{Goal, Plan};
use crate::render;
use crate::render::replay::Report;

/// Decide recorded sessions again: who would be invited otherwise, and why
///
/// Reads recordings with one session a line, decides each session under the live campaigns and under those that the plan
/// leaves, and says which visitors are invited otherwise. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl replay sessions.ndjson                      what changes for these visitors
  campaignctl replay mon.ndjson.gz tue.ndjson.zst         several recordings, compressed, as one
  kubectl logs triggers | campaignctl replay -            from standard input
  campaignctl replay sessions.ndjson --offline            the files alone: no server, and nothing to compare with
  campaignctl replay sessions.ndjson --format html --out replay.html
  campaignctl replay --emit-sql bigquery --table shop.web.sessions > matching.sql

Exit codes: 0 replayed, 1 error, 2 some session is invited otherwise (with --detailed-exitcode)
With --detailed-exitcode a recording without sessions, or with too many lines that cannot be read, is an error.")]
pub(in crate::cli) struct Replay {
    /// Recordings: one session a line, plain, gzip or zstd; `-` is standard input
    #[arg(required_unless_present = "emit_sql", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Write it to FILE, and only its first sentence to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Stop at the first line that is not a session, instead of counting it
    #[arg(long)]
    strict: bool,
    /// Decide under the files alone, without reaching any server
    #[arg(long)]
    offline: bool,
    /// Exit with 0 when nothing flips, 2 when some session is invited otherwise, 1 on errors and when too little can be read
    #[arg(long, conflicts_with = "offline")]
    detailed_exitcode: bool,
    #[command(flatten)]
    emit_sql: EmitSql,
    #[command(flatten)]
    limits: LimitArgs,
}

/// How a replay is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal
    #[default]
    Human,
    /// One versioned document with everything, for scripts
    Json,
    /// For a comment on a pull request, at most 65,536 characters
    Markdown,
    /// One self-contained page with a drawing of each campaign's invites
    Html,
}

impl Replay {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        if let Some(wanted) = self.emit_sql.wanted()? {
            let request = if self.offline { None } else { Some(self.request(context)?) };
            return emit_sql::run(&wanted, request, context);
        }
        let done = context.block_on(stoppable(context, &self.files, self.strict, async |recordings| {
            if self.offline {
                let project = context.project()?;
                let environment = context.environment(&project)?;
                return offline(&project, &environment, recordings).await;
            }
            online(self.request(context)?, recordings).await
        }))?;
        if done.warnings > 0 && !context.console.is_quiet() {
            context.console.err(&render::findings::warnings_line(done.warnings, &done.environment));
        }
        left_out(done.plan.as_ref(), &done.environment, context);
        let report = Report { environment: &done.environment, destination: done.destination.as_ref(), replayed: &done.replayed };
        self.write(&report, context)?;
        if let Some(reason) = render::replay::too_little(&done.replayed).filter(|_| self.detailed_exitcode) {
            let hint = "fix the recording, or leave out --detailed-exitcode";
            return Err(Failure::new(format!("nothing was judged. {reason}"), hint));
        }
        let flips = !done.replayed.flips.is_empty();
        Ok(if flips && self.detailed_exitcode { Exit::ChangesPending } else { Exit::Ok })
    }

    fn request(&self, context: &Context) -> Result<Request, Failure> {
        let scope = context.scope(self.limits.settings())?;
        Ok(Request { scope, guards: Guards::default(), allow_destroy: [].into(), goal: Goal::default() })
    }

    fn write(&self, report: &Report<'_>, context: &Context) -> Result<(), Failure> {
        let summary = format!("{}\n", render::replay::summary_line(report));
        let document = match self.format {
            Format::Human if context.console.is_quiet() => summary.clone(),
            Format::Human => render::replay::human(report),
            Format::Json => render::replay::json(report),
            Format::Markdown => render::replay::markdown(report),
            Format::Html => render::replay::html(report),
        };
        let Some(path) = &self.out else {
            context.console.out(&document);
            return Ok(());
        };
        let document = anstream::adapter::strip_str(&document).to_string();
        write_named(path, &document).map_err(|error| {
            Failure::new(format!("cannot write `{}`: {error}", path.display()), "name a file in a folder you may write in")
        })?;
        context.console.out(&summary);
        Ok(())
    }
}

/// Tells of campaigns that could not be planned: what is desired of them is not in the desired world.
pub(super) fn left_out(plan: Option<&Plan>, environment: &str, context: &Context) {
    let refusals = plan.iter().flat_map(|plan| &plan.refusals).filter(|refusal| refusal.leaves_out());
    for refusal in refusals {
        let told = render::plan::refused(refusal, environment);
        let style = render::WARNING;
        let clean = |text: &str| text.split('\n').map(render::inline).collect::<Vec<_>>().join("\n");
        context.console.err(&format!(
            "{style}Warning:{style:#} what the files say of it is not replayed: {}\n\n{}\n\n",
            clean(&told.message),
            clean(&told.hint)
        ));
    }
}

/// Recordings that are being read, and what shows how far it is.
pub(super) struct Reading {
    pub(super) recordings: Recordings,
    pub(super) spinner: ProgressBar,
    /// How many sessions were read so far.
    pub(super) sessions: Arc<AtomicU64>,
}

/// Begins to read recordings.
pub(super) fn reading(context: &Context, files: &[PathBuf], strict: bool) -> Result<Reading, Failure> {
    let streams = files.iter().filter(|file| file.as_os_str() == "-").count();
    if streams > 1 {
        return Err(Failure::new("standard input can be read only once", "name `-` once"));
    }
    let recording = |file: &PathBuf| match file.as_os_str() == "-" {
        true => Recording::Stream(Box::new(std::io::stdin())),
        false => Recording::File(file.clone()),
    };
    let spinner = context.console.spinner("Reading campaigns…");
    let sessions = Arc::new(AtomicU64::new(0));
    let progress = {
        let (spinner, sessions) = (spinner.clone(), Arc::clone(&sessions));
        Box::new(move |read: u64| {
            sessions.store(read, Ordering::Relaxed);
            spinner.set_message(format!("{read} sessions read…"));
        })
    };
    let recordings = Recordings { from: files.iter().map(recording).collect(), strict, progress };
    Ok(Reading { recordings, spinner, sessions })
}

/// Runs what reads these recordings, says how far it is, and ends it at Ctrl-C. Only for what writes nothing and holds no lock.
pub(super) async fn stoppable<T, F: Future<Output = Result<T, Failure>>>(
    context: &Context,
    files: &[PathBuf],
    strict: bool,
    run: impl FnOnce(Recordings) -> F,
) -> Result<T, Failure> {
    let Reading { recordings, spinner, sessions } = reading(context, files, strict)?;
    let running = run(recordings);
    let outcome = tokio::select! {
        outcome = running => outcome,
        () = signals::next() => {
            let read = sessions.load(Ordering::Relaxed);
            Err(Failure::new(format!("stopped after {read} sessions; nothing was changed"), "run it again to read all of them"))
        }
    };
    spinner.finish_and_clear();
    outcome
}
