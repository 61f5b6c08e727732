#!/usr/bin/env bash
# Runs the statements of `replay --emit-sql` in DuckDB and ClickHouse, on sessions and filters that are easily got wrong, and
# compares every session with campaignctl's own evaluator. Installs the engines from PyPI under target/, once; one that cannot be
# installed is named and left out, but DuckDB must be there.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=target/warehouse
requirements=tests/warehouse/requirements.txt
if ! cmp --silent "$requirements" "$tools/installed.txt"; then
  rm -rf "$tools"
  python3 -m venv "$tools/venv"
  pip=("$tools/venv/bin/pip" install --quiet --disable-pip-version-check)
  "${pip[@]}" "$(grep '^duckdb==' "$requirements")"
  if "${pip[@]}" --requirement "$requirements"; then
    cp "$requirements" "$tools/installed.txt"
  fi
fi
engines=(duckdb)
if "$tools/venv/bin/python" -c 'import chdb' 2> /dev/null; then
  engines+=(clickhouse)
else
  echo "ClickHouse could not be installed: its statement is not run" >&2
fi

files=$(mktemp -d)
trap 'rm -rf -- "$files"' EXIT
WAREHOUSE_FILES=$files cargo test --locked --quiet --test warehouse -- --ignored --exact written::files_for_engines > "$files/log" || { cat "$files/log"; exit 1; }
"$tools/venv/bin/python" tests/warehouse/compare.py "$files" "${engines[@]}"
