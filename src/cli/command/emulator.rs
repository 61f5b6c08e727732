//! `campaignctl emulator`

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::cli::signals;
use crate::emulator::{self, FaultRule, FaultScript};
use crate::model::Secret;
use crate::ops::Failure;

/// Run the emulator of the campaigns API on this machine
///
/// It speaks the same API as Genesys Cloud for campaigns, OAuth, the organization, queues, skill groups and wrap-up codes,
/// listens on loopback only, and keeps what it is told, also when it is killed. On request it is slow, limits requests, or
/// fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl emulator --port 8080 --data .campaignctl/rehearsal
  # in campaignctl.yaml:
  #   rehearsal: { baseUrl: \"http://127.0.0.1:8080\" }
  # any client id and secret will do:
  GENESYSCLOUD_OAUTHCLIENT_ID=me GENESYSCLOUD_OAUTHCLIENT_SECRET=me campaignctl plan -e rehearsal
  # the third create is done, but its answer is lost; every fifth request has to be sent again:
  campaignctl emulator --fault create@3:drop-after-commit --fault any%5:status=429,retry-after=2")]
pub(in crate::cli) struct Emulator {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// Folder to keep the data in; created where it is missing
    #[arg(long, value_name = "DIR", default_value = ".campaignctl/emulator")]
    data: PathBuf,
    /// The only client that may log in [default: any]
    #[arg(long, value_name = "ID:SECRET", value_parser = client)]
    client: Option<(String, Secret)>,
    /// Keep fields of a campaign that the contract does not know, as a newer API would, instead of refusing them
    #[arg(long)]
    keep_unknown_fields: bool,
    /// Let every request wait that long, e.g. 50ms or 2s
    #[arg(long, value_name = "TIME", value_parser = emulator::duration)]
    latency: Option<Duration>,
    /// Requests a minute that each client may send; Genesys Cloud allows 300 [default: any number]
    #[arg(long, value_name = "N")]
    rate_limit: Option<NonZeroU32>,
    /// What goes wrong, e.g. create:drop-after-commit, or @FILE with a script as JSON; may be repeated
    #[arg(long = "fault", value_name = "SPEC|@FILE", value_parser = fault, long_help = FAULT_HELP)]
    faults: Vec<Given>,
    /// Where the chances of faults come from: the same number and the same requests give the same faults [default: random]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// The grammar of `--fault`, in lines that need no wrapping.
const FAULT_HELP: &str = "\
What goes wrong, or @FILE with a script as JSON; may be repeated

ROUTE[@N][%N][~P]:FAULT[=VALUE][,KEY=VALUE...]

ROUTE: any, token, organization, list, get, create, update, delete,
trigger, suppression, queues, skill-groups, wrap-up-codes

@N   only the N-th such request
%N   every N-th
~P   each with probability P, e.g. ~0.1

status=CODE               an error, and nothing is done: 400 401 403
                          404 409 412 429 500 502 503 504
status-after-commit=CODE  done, and an error all the same: 500 502 503 504
version-mismatch          400 for a stale version (update)
drop-before-commit        nothing done, the connection closes
drop-after-commit         done, the connection closes, no answer
torn-body                 half of the answer's body, then it closes
slow-body=TIME            the answer's body in small pieces
delay=TIME                waits first
duplicate-page-entry      a page begins one entry too early (list)
missing-page-entry        a page begins one entry too late (list)
stale=N|Nwrites|TIME      lists miss each write in the next N list
                          requests, the last N writes, or for TIME
token-expiry              the token is good no more
throttled                 400 `rate limit exceeded`, no token (token)

KEY: times=N|unlimited, retry-after=SECONDS, code, message,
campaign=NAME, method, path=PATTERN

A fault happens once, unless `times`, `%`, `~` or `stale` says otherwise.
While it runs: GET, PUT and DELETE of /_emulator/faults set faults, and
/_emulator/requests tells what was asked. See docs/rehearsing.md.";

/// What `--fault` was given.
#[derive(Debug, Clone)]
enum Given {
    Rule(Box<FaultRule>),
    File(PathBuf),
}

fn fault(text: &str) -> Result<Given, emulator::FaultError> {
    match text.strip_prefix('@') {
        Some(file) => Ok(Given::File(file.into())),
        None => text.parse().map(|rule| Given::Rule(Box::new(rule))),
    }
}

/// All rules in their order; a seed on the command line goes before one in a file.
fn script(given: Vec<Given>, seed: Option<u64>) -> Result<FaultScript, Failure> {
    let mut script = FaultScript::default();
    for given in given {
        match given {
            Given::Rule(rule) => script.rules.push(*rule),
            Given::File(path) => {
                let shown = path.display();
                let hint = "write {\"faults\": [...]}; docs/rehearsing.md shows all fields";
                let json = std::fs::read(&path).map_err(|error| Failure::new(format!("cannot read `{shown}`: {error}"), hint))?;
                let file = FaultScript::from_json(&json).map_err(|error| Failure::new(format!("`{shown}`: {error}"), hint))?;
                script.seed = file.seed.or(script.seed);
                script.rules.extend(file.rules);
            }
        }
    }
    script.seed = seed.or(script.seed);
    Ok(script)
}

fn client(text: &str) -> Result<(String, Secret), String> {
    match text.split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => Ok((id.to_owned(), Secret::new(secret))),
        _ => Err("write it as ID:SECRET".to_owned()),
    }
}

impl Emulator {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let Self { port, data, client, keep_unknown_fields, latency, rate_limit, faults, seed } = self;
        let unknown_fields = if keep_unknown_fields { emulator::UnknownFields::Keep } else { emulator::UnknownFields::Reject };
        let faults = script(faults, seed)?;
        let (rules, own_seed) = (faults.rules.len(), faults.seed);
        context.block_on(async {
            let shown = data.display().to_string();
            let latency = latency.unwrap_or_default();
            let options = emulator::Options { data, port, client, unknown_fields, latency, rate_limit, faults, seed };
            let server = emulator::Emulator::start(options).await.map_err(Failure::from)?;
            // Before anybody can know that it is there, and ask it to stop.
            let mut signals = signals::Signals::new();
            context.console.out(&format!("Listening on {}, data in {shown}. Ctrl-C stops it.\n", server.base_url()));
            if rules > 0 {
                let seed = own_seed.unwrap_or(server.seed());
                let what = if rules == 1 { "1 fault is".to_owned() } else { format!("{rules} faults are") };
                context.console.out(&format!("{what} set. `--seed {seed}` repeats what happens by chance.\n"));
            }
            signals.next().await;
            server.stop().await;
            Ok(Exit::Ok)
        })
    }
}
