#!/usr/bin/env bash
# Opens the pages of `plan --format html` in Chromium. Needs node and npm; installs Debian's chromium when there is none.
# Not part of `cargo test`. The screenshots are left in target/browser/pages/shots.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/target/browser

skip() {
  printf '\n**** NOT CHECKED IN A BROWSER: %s ****\n\n' "$*" >&2
  exit 0
}

command -v npm >/dev/null || skip "there is no npm"
if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip "there is no chromium, and no apt-get to install it with"
  { apt-get update -q && apt-get install -qy --no-install-recommends chromium; } >/dev/null || skip "apt-get cannot install chromium"
fi
cargo build --locked --quiet --manifest-path "$root/Cargo.toml"
mkdir -p "$work"
cp "$here"/*.mjs "$here"/package*.json "$work"
(cd "$work" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel error) || skip "npm cannot fetch playwright-core"
node "$work/check.mjs" "$root/target/debug/campaignctl" "$root" "$work/pages"
