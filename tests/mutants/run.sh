#!/usr/bin/env bash
# Mutation testing: cargo-mutants says how the code can be changed, and every change must be noticed by a test, or be explained
# in survivors.toml. `tests/mutants/run.sh [ROOM…]` runs the rooms named, or all; docs/testing.md describes the rest.
#
# cargo-mutants itself builds the crate anew for each change, which takes the better part of a day. Here all changes are built
# together, each behind a switch that an environment variable turns on, and each runs only the tests that reach it: see
# main.py. Needs Rust, Python 3.11 and `cargo install`; keeps cargo-mutants and a parser outside of the repository, in the cache
# of the user, and everything else under target/mutants.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ "${1-}" = --stale ] && exec python3 tests/mutants/survivors.py

version=27.1.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/campaignctl-mutants
tools=$cache/$({ cat tests/mutants/requirements.txt; echo "$version"; python3 --version; } | sha256sum | cut -c 1-16)
if [ ! -e "$tools/complete" ]; then
  rm -rf "$tools"
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/mutants/requirements.txt
  cargo install --quiet --locked --root "$tools" "cargo-mutants@$version"
  touch "$tools/complete"
fi
PATH=$tools/bin:$PATH exec "$tools/venv/bin/python" tests/mutants/main.py "$@"
