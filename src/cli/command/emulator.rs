//! `campaignctl emulator`

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::cli::signals;
use crate::emulator;
use crate::model::Secret;
use crate::ops::Failure;

/// Run the emulator of the campaigns API on this machine
///
/// It speaks the same API as Genesys Cloud for campaigns, OAuth, the organization, queues, skill groups and wrap-up codes,
/// listens on loopback only, and keeps what it is told, also when it is killed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl emulator --port 8080 --data .campaignctl/rehearsal
  # in campaignctl.yaml:
  #   rehearsal: { baseUrl: \"http://127.0.0.1:8080\" }
  # any client id and secret will do:
  GENESYSCLOUD_OAUTHCLIENT_ID=me GENESYSCLOUD_OAUTHCLIENT_SECRET=me campaignctl plan -e rehearsal")]
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
}

fn client(text: &str) -> Result<(String, Secret), String> {
    match text.split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => Ok((id.to_owned(), Secret::new(secret))),
        _ => Err("write it as ID:SECRET".to_owned()),
    }
}

impl Emulator {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let Self { port, data, client, keep_unknown_fields } = self;
        let unknown_fields = if keep_unknown_fields { emulator::UnknownFields::Keep } else { emulator::UnknownFields::Reject };
        context.block_on(async {
            let shown = data.display().to_string();
            let options = emulator::Options { port, client, unknown_fields, ..emulator::Options::new(data) };
            let server = emulator::Emulator::start(options).await.map_err(Failure::from)?;
            context.console.out(&format!("Listening on {}, data in {shown}. Ctrl-C stops it.\n", server.base_url()));
            signals::next().await;
            server.stop().await;
            Ok(Exit::Ok)
        })
    }
}
