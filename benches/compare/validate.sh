#!/usr/bin/env bash
#
# How long `campaignctl validate` takes for N valid files, beside a plain JSON Schema checker on the same files and schema.
#
#   benches/compare/validate.sh [--runs R] [N]
#
# N is 10000, R is 7. CAMPAIGNCTL names the binary (target/release/campaignctl); JSONSCHEMA the checker
# (`npm install @sourcemeta/jsonschema`, then its `jsonschema` program), left out where there is none. The checker checks
# the schema alone; campaignctl also runs every rule. Everything happens in a temporary folder and is removed at the end.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly here
# shellcheck source-path=SCRIPTDIR source=campaign.sh
source "$here/campaign.sh"

fail() {
    printf 'validate.sh: %s\n' "$*" >&2
    exit 1
}

campaigns=10000
runs=7
while (($# > 0)); do
    case $1 in
        --runs)
            (($# > 1)) || fail "--runs needs a number"
            runs=$2
            shift
            ;;
        *) campaigns=$1 ;;
    esac
    shift
done
[[ $campaigns =~ ^[1-9][0-9]{0,4}$ && $runs =~ ^[1-9][0-9]{0,2}$ ]] || fail "usage: $0 [--runs R] [N]"

campaignctl=${CAMPAIGNCTL:-target/release/campaignctl}
command -v "$campaignctl" >/dev/null || fail "no binary $campaignctl: run \`cargo build --release\`, or set CAMPAIGNCTL"

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir "$work/campaigns"
printf 'environments:\n  local: { emulator: .campaignctl/local }\n' >"$work/campaignctl.yaml"
for ((number = 0; number < campaigns; number++)); do
    campaign_yaml "$number" 45 >"$work/campaigns/campaign-$number.yaml"
done
"$campaignctl" schema >"$work/campaign.schema.json"

# The checker is not to say more than a count, as campaignctl does.
commands=(-- "campaignctl validate" "$campaignctl" validate --project "$work")
checker=${JSONSCHEMA:-jsonschema}
if command -v "$checker" >/dev/null; then
    commands+=(-- "jsonschema validate --fast" "$checker" validate "$work/campaign.schema.json" "$work/campaigns" --extension .yaml --fast)
    commands+=(-- "jsonschema validate" "$checker" validate "$work/campaign.schema.json" "$work/campaigns" --extension .yaml)
else
    printf 'no %s on the PATH: only campaignctl is timed\n' "$checker" >&2
fi
printf '%s valid campaigns of about %s bytes; %s runs each after one warm-up; %s\n' \
    "$campaigns" "$(($(wc -c <"$work/campaigns/campaign-0.yaml")))" "$runs" "$(date -u +%F)"
"$campaignctl" --version
python3 -I -S "$here/time_in_turns.py" "$runs" "$campaigns " "$work/log" "${commands[@]}"
