//! The `campaignctl` program: everything it does is in the library.

fn main() -> std::process::ExitCode {
    campaignctl::cli::run()
}
