//! The two streams a person or a pipe reads, and the one a person answers on.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Mutex;

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressStyle};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{ColorWhen, LogLevel};

/// Standard output, standard error, and what is known about them.
pub(super) struct Console {
    color: ColorChoice,
    quiet: bool,
    /// The first write to standard output that failed for another reason than a reader that went away.
    broken: Mutex<Option<io::Error>>,
}

impl Console {
    pub(super) fn new(color: ColorWhen, quiet: bool) -> Self {
        let color = match color {
            ColorWhen::Auto => ColorChoice::Auto,
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
        };
        Self { color, quiet, broken: Mutex::new(None) }
    }

    /// Sends what the program logs to standard error. Only its own words: libraries might log headers.
    pub(super) fn log(&self, level: LogLevel) {
        let level = match level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        let format = tracing_subscriber::fmt::layer().with_writer(|| Harmless(io::stderr())).with_ansi(false).with_target(false);
        let only_ours = Targets::new().with_target("campaignctl", level);
        // A second subscriber can only mean that a test installed one; then that one serves.
        let _ = tracing_subscriber::registry().with(format).with(only_ours).try_init();
    }

    /// Writes to standard output. A reader that went away is no reason to stop: the work goes on.
    pub(super) fn out(&self, text: &str) {
        let mut stream = AutoStream::new(io::stdout(), self.choice(io::stdout().is_terminal()));
        self.note(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()));
    }

    /// Writes a document to standard output as it is, for a file or another program; on a terminal made harmless.
    pub(super) fn bytes(&self, bytes: &[u8]) {
        if io::stdout().is_terminal() {
            let text = String::from_utf8_lossy(bytes);
            return text.lines().for_each(|line| self.out(&format!("{}\n", crate::render::inline(line))));
        }
        let mut stream = io::stdout().lock();
        self.note(stream.write_all(bytes).and_then(|()| stream.flush()));
    }

    /// Keeps the first failure of standard output.
    fn note(&self, written: io::Result<()>) {
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
            && let Ok(mut broken) = self.broken.lock()
        {
            broken.get_or_insert(error);
        }
    }

    /// Writes to standard output, unless told to say only what matters.
    pub(super) fn details(&self, text: &str) {
        if !self.quiet {
            self.out(text);
        }
    }

    /// Writes to standard error.
    pub(super) fn err(&self, text: &str) {
        let mut stream = AutoStream::new(io::stderr(), self.choice(io::stderr().is_terminal()));
        // There is nowhere left to say that standard error cannot be written.
        let _ = stream.write_all(text.as_bytes());
    }

    /// Writes to standard error from a place that has no console at hand.
    pub(super) fn plain_err(text: &str) {
        // There is nowhere left to say that standard error cannot be written.
        let _ = io::stderr().write_all(text.as_bytes());
    }

    fn choice(&self, terminal: bool) -> ColorChoice {
        match self.color {
            ColorChoice::Auto if !terminal || no_color() => ColorChoice::Never,
            ColorChoice::Auto => ColorChoice::Auto,
            chosen => chosen,
        }
    }

    /// Why standard output could not be written, if it could not.
    pub(super) fn broken(&self) -> Option<io::Error> {
        self.broken.lock().ok().and_then(|mut broken| broken.take())
    }

    /// Columns of the terminal behind standard output; `None` for a pipe or file.
    pub(super) fn width(&self) -> Option<u16> {
        terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
    }

    /// Columns of the terminal behind standard error; `None` for a pipe or file.
    pub(super) fn err_width(&self) -> Option<u16> {
        terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0)
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Asks, and takes one line of standard input; `None` where there is none.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        self.out(question);
        Self::answer()
    }

    /// Takes one line of standard input; `None` where there is none.
    pub(super) fn answer() -> Option<String> {
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(read) if read > 0 => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
            _ => None,
        }
    }

    /// Something turning while a person waits; nothing in a pipe.
    pub(super) fn spinner(&self, text: &'static str) -> ProgressBar {
        if self.quiet {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner().with_message(text);
        spinner.enable_steady_tick(std::time::Duration::from_millis(120));
        spinner
    }

    /// A bar that fills while a person waits; nothing in a pipe.
    pub(super) fn bar(&self, length: u64) -> ProgressBar {
        if self.quiet {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(length).with_style(style)
    }
}

/// Writes lines on which text from outside acts neither on a terminal nor on a build agent.
struct Harmless(io::Stderr);

impl Write for Harmless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A line of the log comes in one piece.
        let text: String = String::from_utf8_lossy(bytes).split_inclusive('\n').map(harmless).collect();
        self.0.write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn harmless(line: &str) -> String {
    match line.strip_suffix('\n') {
        Some(line) => crate::render::inline(line) + "\n",
        None => crate::render::inline(line),
    }
}

/// Whether `NO_COLOR` is set to anything but nothing.
#[allow(clippy::disallowed_methods, reason = "the roof reads the environment")]
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
