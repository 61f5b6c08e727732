#!/usr/bin/env bash
# Runs the tests of shared states against a server that speaks S3 on loopback: moto, from the Python packages.
# Needs python3 with venv; what it installs stays in target/moto and is used again.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=target/moto
if [[ ! -x $venv/bin/moto_server ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'moto[s3]==5.2.5' 'flask==3.1.3' 'flask-cors==6.0.5'
fi

work=$(mktemp -d)
"$venv/bin/moto_server" -H 127.0.0.1 -p 0 >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# The port is the system's choice; the server tells it once it listens.
address=
for _ in $(seq 300); do
  address=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/log" | head -n 1 || true)
  [[ -n $address ]] && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
if [[ -z $address ]]; then
  cat "$work/log" >&2
  exit 1
fi

CAMPAIGNCTL_TEST_S3=$address cargo test --locked --test state_s3 -- --ignored "$@"
