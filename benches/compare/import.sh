#!/usr/bin/env bash
#
# How long `campaignctl import --all` takes to write N live campaigns into files, and `plan` after it to find nothing to do.
#
#   benches/compare/import.sh [--runs R] [N]
#
# N is 500, R is 5. CAMPAIGNCTL names the binary (target/release/campaignctl). Needs bash 5. Everything happens in a temporary
# folder with the embedded emulator, and is removed at the end.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly here
# shellcheck source-path=SCRIPTDIR source=campaign.sh
source "$here/campaign.sh"

fail() {
    printf 'import.sh: %s\n' "$*" >&2
    exit 1
}

usage() {
    printf 'usage: %s [--runs R] [N]\n' "$0" >&2
    exit 2
}

campaigns=500
runs=5
while (($# > 0)); do
    case $1 in
        --runs)
            (($# > 1)) || usage
            runs=$2
            shift
            ;;
        -*) usage ;;
        *) campaigns=$1 ;;
    esac
    shift
done
[[ $campaigns =~ ^[1-9][0-9]{0,4}$ && $runs =~ ^[1-9][0-9]?$ ]] || usage
campaignctl=$(realpath "${CAMPAIGNCTL:-target/release/campaignctl}")
[[ -x $campaignctl ]] || fail "no binary $campaignctl: run \`cargo build --release\`, or set CAMPAIGNCTL"

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd "$work"
mkdir campaigns
printf 'environments: { local: { emulator: .campaignctl/local } }\n' >campaignctl.yaml
for ((number = 0; number < campaigns; number++)); do
    campaign_yaml "$number" 45 >"campaigns/campaign-$number.yaml"
done
"$campaignctl" apply --auto-approve --quiet >/dev/null || fail "the campaigns were not created"

seconds_of() { # command…
    local begin=$EPOCHREALTIME
    "$@" >output 2>&1 || fail "failed: $*: $(tail -n 3 output)"
    awk -v from="$begin" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }'
}

for ((run = 1; run <= runs; run++)); do
    rm -rf campaigns .campaignctl/local/state.json*
    imported=$(seconds_of "$campaignctl" import --all)
    grep -q "$campaigns imported, 0 already managed, 0 refused" output || fail "not all were imported: $(tail -n 3 output)"
    planned=$(seconds_of "$campaignctl" plan --detailed-exitcode)
    printf 'run %d: import %s s, plan %s s\n' "$run" "$imported" "$planned"
done
