//! `campaignctl explain`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;

use super::limits::LimitArgs;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::model::{AttributeValue, Scalar, out_of_range};
use crate::ops::Failure;
use crate::ops::explain::{At, Request, SessionFrom, offline, online};
use crate::render;
use crate::render::explain::Report;

/// Say why a session is or is not invited, by every campaign
///
/// Shows every filter with the value the session sends, what suppresses the contact and until when, the cap of the minute, and
/// the action that fires. The campaigns are those of the files, unless --world asks what is live. Nothing is sent that writes,
/// and nobody is invited.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl explain session.json                       one session, as it is sent to the trigger route
  campaignctl explain sessions.ndjson.gz:1207            a line of a recording: plain, gzip or zstd
  campaignctl explain --set external.churn_probability=0.9 --set contact.is_authenticated=true
  campaignctl explain s.ndjson:1207 --history s.ndjson   with the suppression and caps that earlier sessions left
  campaignctl explain session.json --world both          live beside the files, and what differs
  tail -n 1 s.ndjson | campaignctl explain - --campaign pricing-churn")]
pub(in crate::cli) struct Explain {
    /// A file with one session as JSON, FILE:LINE of a recording, or `-` for standard input
    #[arg(value_name = "SESSION", conflicts_with = "session")]
    from: Option<String>,
    /// The session itself, as JSON
    #[arg(long, value_name = "JSON")]
    session: Option<String>,
    /// Give the session this attribute, instead of its own; the value is JSON, or else text; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = attribute)]
    set: Vec<(String, AttributeValue)>,
    /// Whose session it is, instead of its own contact
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    contact: Option<String>,
    /// Show only this campaign, with every filter; may be repeated
    #[arg(long, value_name = "KEY")]
    campaign: Vec<String>,
    /// Show every filter also of campaigns that do not match
    #[arg(long)]
    all: bool,
    /// Decide at this time: RFC 3339, or `now` [default: the session's own time, else now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<At>,
    /// Decide the earlier sessions of these recordings first
    #[arg(long, value_name = "FILE", num_args = 1..)]
    history: Vec<PathBuf>,
    /// Which campaigns are asked
    #[arg(long, value_enum, default_value_t, value_name = "WORLD")]
    world: Worlds,
    /// How to write it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Which campaigns are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Worlds {
    /// Those of the files; no server is asked
    #[default]
    Desired,
    /// Those that are live
    Live,
    /// Those that are live, beside those that will be once the plan is applied
    Both,
}

/// How an explanation is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One versioned document, for scripts
    Json,
}

/// `NAME=VALUE`
fn attribute(text: &str) -> Result<(String, AttributeValue), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("write NAME=VALUE, e.g. session.page_views=4")?;
    if value.starts_with(['{', '[']) {
        return Err("an attribute is a boolean, a number, a text or null; put quotes around a text that starts with a bracket".to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| AttributeValue::Scalar(Scalar::Text(value.to_owned())));
    Ok((name.to_owned(), value))
}

/// `now`, or a time.
fn moment(text: &str) -> Result<At, String> {
    if text == "now" {
        return Ok(At::Now);
    }
    text.parse().map(At::Moment).map_err(|_| match out_of_range(text) {
        Some(out_of_range) => format!("it {out_of_range}"),
        None => "write a time such as 2026-11-20T14:02:00Z, or now".to_owned(),
    })
}

/// `FILE:LINE`, `FILE`, or `-`. A file that is there with the colon in its name goes first.
fn place(text: &str) -> SessionFrom {
    if text == "-" {
        return SessionFrom::Stream(Box::new(std::io::stdin()));
    }
    let whole = || SessionFrom::File { path: PathBuf::from(text), line: None };
    match text.rsplit_once(':') {
        Some((path, line)) if !path.is_empty() && !std::path::Path::new(text).exists() => match line.parse::<u64>() {
            Ok(line) => SessionFrom::File { path: PathBuf::from(path), line: Some(line) },
            Err(_) => whole(),
        },
        _ => whole(),
    }
}

impl Explain {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let Self { from, session, set, contact, campaign, all, at, history, world, format, limits } = self;
        if from.is_none() && session.is_none() && set.is_empty() {
            return Err(Failure::new(
                "there is no session to explain",
                "name a file, FILE:LINE of a recording or `-`, or build one: `campaignctl explain --set session.page_views=4`",
            ));
        }
        let from = match (from, session) {
            (Some(place_of_it), _) => place(&place_of_it),
            (None, Some(text)) => SessionFrom::Text(text),
            (None, None) => SessionFrom::Nothing,
        };
        let campaigns: Vec<String> = campaign.iter().map(|name| name.strip_prefix("campaign.").unwrap_or(name).to_owned()).collect();
        let spinner = if history.is_empty() { ProgressBar::hidden() } else { context.console.spinner("Deciding what came before…") };
        let request = Request { from, set, contact, at, history, campaigns: campaigns.clone() };
        let mut progress = |sessions: u64| spinner.set_message(format!("Deciding what came before: {sessions} sessions…"));
        let explained = if world == Worlds::Desired {
            let project = context.project()?;
            let environment = context.environment(&project)?;
            offline(&project, &environment, request, &mut progress)
        } else {
            let scope = context.scope(limits.settings())?;
            context.block_on(online(scope, world == Worlds::Both, request, &mut progress))
        };
        spinner.finish_and_clear();
        let explained = explained?;
        let report = Report { explained: &explained, campaigns: &campaigns, all };
        let console = &context.console;
        match format {
            Format::Json => console.out(&render::explain::json(&report)),
            Format::Human if console.is_quiet() => console.out(&render::explain::headlines(&report)),
            Format::Human => console.out(&render::explain::human(&report, console.width().map(usize::from))),
        }
        Ok(Exit::Ok)
    }
}
