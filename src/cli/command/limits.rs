//! How fast and for how long a command talks to the server.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::duration::duration;
use crate::remote::{Pace, Settings};

#[derive(Debug, Args)]
pub(super) struct LimitArgs {
    /// Requests at the same time
    #[arg(long, value_name = "N", default_value = "8")]
    parallelism: NonZeroUsize,
    /// Requests a minute at most, 0 for no limit [default: 300, which Genesys Cloud allows a client; on this machine 0]
    #[arg(long, value_name = "N")]
    requests_per_minute: Option<u32>,
    /// Start no request after this time, e.g. 90s, 30m, 2h; what is under way then is finished
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    timeout: Option<Duration>,
}

/// `90s`, `30m`, `2h`.
fn time_limit(text: &str) -> Result<Duration, String> {
    let time = duration(text).ok().map(SignedDuration::unsigned_abs).filter(|time| !time.is_zero());
    time.ok_or_else(|| "write a time such as 90s, 30m or 2h".to_owned())
}

impl LimitArgs {
    pub(super) fn parallelism(&self) -> NonZeroUsize {
        self.parallelism
    }

    pub(super) fn settings(&self) -> Settings {
        let pace = self.requests_per_minute.map(NonZeroU32::new);
        let pace = pace.map_or(Pace::ByServer, |requests| requests.map_or(Pace::Unlimited, Pace::PerMinute));
        Settings { parallelism: self.parallelism.get(), pace, deadline: self.timeout, ..Settings::default() }
    }
}
