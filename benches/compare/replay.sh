#!/usr/bin/env bash
#
# How long `campaignctl replay --offline` and DuckDB take to say which of N campaigns match each of S recorded sessions.
#
#   benches/compare/replay.sh [--runs R] [S [N]]
#
# S is 1000000, N is 20, R is 5. CAMPAIGNCTL names the binary (target/release/campaignctl), PYTHON a Python 3 that has the
# package duckdb (tests/warehouse/run.sh makes target/warehouse/venv/bin/python). Needs bash 4.4. Everything happens in a
# temporary folder, which takes about 450 bytes for each session, and is removed at the end.
#
# Both read the same plain file with all cores. DuckDB gets two queries that only count matches: one over typed columns of just
# the attributes that filters look at, which converts types silently, and the one of `--emit-sql duckdb`, which does not.
# campaignctl also puts sessions in order of time, decides suppression and caps, and counts by minute and queue.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly here
# shellcheck source-path=SCRIPTDIR source=campaign.sh
source "$here/campaign.sh"

fail() {
    printf 'replay.sh: %s\n' "$*" >&2
    exit 1
}

usage() {
    printf 'usage: %s [--runs R] [S [N]]\n' "$0" >&2
    exit 2
}

sizes=()
runs=5
while (($# > 0)); do
    case $1 in
        --runs)
            (($# > 1)) || usage
            runs=$2
            shift
            ;;
        -*) usage ;;
        *) sizes+=("$1") ;;
    esac
    shift
done
sessions=${sizes[0]:-1000000}
campaigns=${sizes[1]:-20}
[[ ${#sizes[@]} -le 2 && $sessions =~ ^[1-9][0-9]{0,8}$ && $campaigns =~ ^[1-9][0-9]{0,4}$ && $runs =~ ^[1-9][0-9]?$ ]] || usage
campaignctl=$(realpath "${CAMPAIGNCTL:-target/release/campaignctl}")
[[ -x $campaignctl ]] || fail "no binary $campaignctl: run \`cargo build --release\`, or set CAMPAIGNCTL"
# The link of a virtual environment is its name: it must not be followed.
python=${PYTHON:-$PWD/target/warehouse/venv/bin/python}
"$python" -c 'import duckdb' 2>/dev/null || fail "$python has no package duckdb: run tests/warehouse/run.sh, or set PYTHON"

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd "$work"
mkdir campaigns
printf 'environments: { local: { emulator: .campaignctl/local } }\n' >campaignctl.yaml
for ((number = 0; number < campaigns; number++)); do
    campaign_yaml "$number" $((10 + number % 100)) >"campaigns/campaign-$number.yaml"
done
"$python" "$here/replay_sessions.py" "$sessions" "$campaigns" "$work"
"$campaignctl" replay --offline --quiet --emit-sql duckdb >strict.sql || fail "no statement was written"

# The same answer from all three, before anything is timed.
"$campaignctl" replay --offline --quiet --format json --out replay.json sessions.ndjson >/dev/null || fail "the sessions were not replayed"
matches=$("$python" -c '
import json
decided = [campaign["desired"] for campaign in json.load(open("replay.json"))["campaignctl"]["replay"]["campaigns"]]
print(sum(one["invited"] + one["suppressed"] + one["throttled"] + one["queued"] for one in decided))')
for way in typed strict; do
    found=$("$python" "$here/replay_duckdb.py" "$way" "$work")
    [[ $found == "$matches matches" ]] || fail "campaignctl found $matches matches, DuckDB ($way) $found"
done

printf '%s sessions (%s MB), %s campaigns, %s matches\n' "$sessions" "$(($(wc -c <sessions.ndjson) / 1000000))" "$campaigns" "$matches"
"$python" -c 'import duckdb; print("DuckDB", duckdb.__version__)'
# What campaignctl says is another sentence, so its line is written by the shell once it has succeeded.
# shellcheck disable=SC2016
"$python" "$here/time_in_turns.py" "$runs" "$matches matches" "$work/log" \
    -- "campaignctl replay" sh -c '"$0" replay --offline --quiet --format json --out replay.json sessions.ndjson && echo "$1 matches"' "$campaignctl" "$matches" \
    -- "DuckDB, typed columns" "$python" "$here/replay_duckdb.py" typed "$work" \
    -- "DuckDB, --emit-sql" "$python" "$here/replay_duckdb.py" strict "$work"
