//! `drift --watch`: rounds until it is stopped. What is said on the way, and to whom.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::Drift;
use super::job::post;
use super::report::{Format, Run, report, seen};
use crate::apply::Stop;
use crate::cli::console::Console;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::cli::signals;
use crate::monitor::{Board, Monitor};
use crate::ops::Failure;
use crate::ops::drift::{Found, Pacing, Round, Tally, Told, watch};
use crate::remote::Webhook;
use crate::render::drift::{Job, Metrics, failed_again, failed_round, json_of_round, prometheus, recovered_round, unchanged_round};

/// How long the round under way may go on after the first request to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Looks every so often until SIGINT or SIGTERM. Only what is wrong before the first round ends it.
pub(super) fn run(drift: &Drift, every: Duration, context: &Context) -> Outcome {
    match (drift.format, &drift.job.out) {
        (Format::Github, _) => return Err(Failure::new("annotations belong to one step of a workflow", "leave out --watch")),
        (Format::Prometheus, None) => {
            return Err(Failure::new(
                "metrics that are printed again and again serve nobody",
                "name a file with --out, or serve them with --listen and another format",
            ));
        }
        _ => {}
    }
    let begun = Run::begin(context.named_environment().ok().flatten());
    let prepared = drift.job.webhook().and_then(|webhook| Ok((webhook, context.scope(drift.limits.settings())?)));
    let (webhook, scope) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => return drift.failed(begun, failure, context),
    };
    let environment = scope.environment.name;
    let earlier = drift.job.earlier(&environment);
    context.block_on(async {
        let board = Board::new(every);
        // Before anybody can know that the job is there, and ask it to stop.
        let stop = signals::listen(|| Console::plain_err("Stopping after this round. Once more stops now.\n"));
        let monitor = listen(drift, &board, context).await?;
        let teller = Teller { drift, every, context, webhook, board, environment, earlier, failing: Cell::default(), said: RefCell::default() };
        let scope = || context.scope(drift.limits.settings());
        let pacing = Pacing::new(every, Uuid::new_v4().as_u64_pair().0);
        let watching = watch(scope, pacing, async |wait| go_on(wait, stop.clone()).await, async |round, tally| teller.tell(round, tally).await);
        tokio::select! {
            tally = watching => tracing::info!(rounds = tally.rounds, failed = tally.failed, "stopped"),
            () = overdue(stop.clone()) => context.console.err("The round under way was broken off; nothing was written live or in the state.\n"),
        }
        if let Some(monitor) = monitor {
            monitor.stop().await;
        }
        Ok(Exit::Ok)
    })
}

async fn listen(drift: &Drift, board: &Board, context: &Context) -> Result<Option<Monitor>, Failure> {
    let Some(address) = drift.job.listen else { return Ok(None) };
    let monitor = Monitor::start(address, board.clone())
        .await
        .map_err(|error| Failure::new(error.to_string(), "name another --listen ADDRESS:PORT, for example 127.0.0.1:9464"))?;
    // Not on standard output, where reports are.
    context.console.err(&format!("Serving http://{}/metrics, /healthz and /livez.\n", monitor.address()));
    Ok(Some(monitor))
}

/// Waits; false as soon as it is to stop.
async fn go_on(wait: Duration, mut stop: Stop) -> bool {
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => false,
        () = tokio::time::sleep(wait) => true,
    }
}

/// Ends when the time after the first request to stop is over.
async fn overdue(mut stop: Stop) {
    let _ = stop.wait_for(|stop| *stop).await;
    tokio::time::sleep(GRACE).await;
}

/// Says what each round came to.
struct Teller<'a> {
    drift: &'a Drift,
    every: Duration,
    context: &'a Context,
    webhook: Option<Webhook>,
    board: Board,
    environment: String,
    /// The last success of an earlier process, as its file says.
    earlier: Option<Timestamp>,
    /// Rounds in a row that ended with a failure.
    failing: Cell<u64>,
    /// What the last failure said.
    said: RefCell<Option<String>>,
}

impl Teller<'_> {
    async fn tell(&self, round: &Round, tally: &Tally) -> Told {
        let metrics = self.metrics(round, tally);
        match &round.outcome {
            Ok(found) => self.found(round, found, &metrics),
            Err(failure) => self.failed(round, failure, &metrics),
        }
        let told = self.post(round).await;
        let tally = Tally {
            delivered: tally.delivered + u64::from(told == Told::Delivered),
            undelivered: tally.undelivered + u64::from(told == Told::Undelivered),
            ..*tally
        };
        self.board.post(prometheus(&self.metrics(round, &tally)), round.is_good());
        told
    }

    fn metrics<'a>(&'a self, round: &'a Round, tally: &Tally) -> Metrics<'a> {
        let Tally { rounds, failed, failed_in_a_row: _, last_success, delivered, undelivered } = *tally;
        Metrics {
            environment: &self.environment,
            seen: round.outcome.as_ref().ok().map(seen),
            success: round.is_good(),
            last_run: round.began,
            took: round.took,
            last_success: last_success.or(self.earlier),
            job: Some(Job { good: rounds - failed, failed, delivered, undelivered }),
        }
    }

    fn found(&self, round: &Round, found: &Found, metrics: &Metrics<'_>) {
        let Self { drift, context, .. } = self;
        let console = &context.console;
        let failed = self.failing.take();
        if failed > 0 {
            self.said.take();
            console.err(&recovered_round(round.began, failed));
        }
        let report = report(found, drift.show_unmanaged);
        let line = unchanged_round(&report, round.began, round.is_new);
        if drift.job.out.is_some() {
            self.emit(&drift.format.text(found, drift.show_unmanaged, metrics));
        }
        match drift.format {
            _ if drift.job.out.is_some() || (drift.format == Format::Human && console.is_quiet()) => {
                if round.is_new {
                    console.out(&line);
                } else {
                    console.details(&line);
                }
            }
            Format::Json if round.is_new => console.out(&json_of_round(&report, round.began)),
            Format::Human | Format::Markdown if round.is_new => {
                console.out(&format!("{line}\n{}\n", drift.format.text(found, drift.show_unmanaged, metrics)));
            }
            Format::Human => console.details(&line),
            // Standard output holds reports and nothing else.
            Format::Json | Format::Markdown | Format::Github | Format::Prometheus | Format::Html | Format::Gitlab => {}
        }
    }

    fn failed(&self, round: &Round, failure: &Failure, metrics: &Metrics<'_>) {
        let console = &self.context.console;
        let failing = self.failing.get() + 1;
        self.failing.set(failing);
        let said = self.said.replace(Some(failure.message.clone()));
        if said.as_ref() == Some(&failure.message) {
            console.err(&failed_again(round.began, failing, &failure.message));
        } else {
            console.err(&failed_round(round.began, self.every));
            self.context.print(failure);
        }
        if self.drift.format == Format::Prometheus {
            self.emit(&prometheus(metrics));
        }
    }

    fn emit(&self, text: &str) {
        if let Err(failure) = self.drift.job.emit(text, self.context) {
            self.context.print(&failure);
        }
    }

    async fn post(&self, round: &Round) -> Told {
        let (Some(webhook), Ok(found), Some(news)) = (&self.webhook, &round.outcome, round.news) else { return Told::Untold };
        match post(webhook, found, news).await {
            Ok(()) => Told::Delivered,
            Err(failure) => {
                self.context.print(&failure);
                Told::Undelivered
            }
        }
    }
}
