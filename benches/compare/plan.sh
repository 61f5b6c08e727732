#!/usr/bin/env bash
#
# How long `campaignctl plan` and `terraform plan` take for the same task: N campaigns, 1 % of them changed.
#
#   benches/compare/plan.sh [--runs R] [--skip-terraform] [N]
#
# N is 1000, R is 7. CAMPAIGNCTL names the binary (target/release/campaignctl). Needs bash 4.4 and python3; terraform is
# left out where there is none. Everything happens in a temporary folder, on loopback, and is removed at the end.
#
# Terraform gets a form of the task that is fast for it: one file of built-in `terraform_data` resources, each with the whole
# campaign as one JSON string, and no provider to ask. campaignctl reads N YAML files and, over HTTP, all live campaigns.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly here
# shellcheck source-path=SCRIPTDIR source=campaign.sh
source "$here/campaign.sh"

work=
emulator=
feed=

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "plan.sh: $*"
    exit 1
}

usage() {
    say "usage: $0 [--runs R] [--skip-terraform] [N]"
    exit 2
}

stop_emulator() {
    if [[ -n $emulator ]]; then
        kill "$emulator" 2>/dev/null || true
        wait "$emulator" 2>/dev/null || true
        emulator=
    fi
}

cleanup() {
    stop_emulator
    if [[ -n $work ]]; then
        rm -rf -- "$work"
    fi
}

# The same campaign as one JSON string in one Terraform resource.
campaign_terraform() { # number, seconds
    local json
    json='{"name":"Pricing page, high churn risk '$1'","description":"Visitors who read the price list for the second time'
    json+=' within a week and are likely to leave.\\nOwner: growth team. Reviewed every quarter together with the web support'
    json+=' leads.\\n","enabled":true,"campaignType":"proactive","evaluationMode":"realtime","filters":['
    json+='{"attributeName":"referrer.page","operator":"starts_with","value":"/pricing/'$1'","dataType":"string"},'
    json+='{"attributeName":"external.churn_probability","operator":"greater_than","value":0.72,"dataType":"float"},'
    json+='{"attributeName":"session.dwell_time_seconds","operator":"greater_than","value":'$2',"dataType":"integer"}],'
    json+='"actions":[{"type":"webchat_invite","priority":1,"config":{"inviteMessage":"Comparing plans? A specialist can tell'
    json+=' you in two minutes which one fits.","displayDuration":300},"routingConfig":{"queueId":"'$queue'","skillGroups":'
    json+='["pricing_specialists"],"wrapUpCode":"proactive_invite_accepted","priorityLevel":5,"overflowQueueId":"'
    json+=$overflow_queue'"}}],"throttling":{"maxInvitesPerContact":1,"cooldownSeconds":86400,"maxInvitesPerMinute":500}}'
    printf 'resource "terraform_data" "campaign_%05d" {\n  input = "%s"\n}\n\n' "$1" "${json//\"/\\\"}"
}

# Writes what both tools read; with `changed`, every hundredth campaign differs.
write_campaigns() { # applied | changed
    local number seconds stem
    for ((number = 0; number < campaigns; number++)); do
        seconds=45
        if [[ $1 == changed ]]; then
            ((number % 100 == 0)) || continue
            seconds=60
        fi
        printf -v stem 'campaign-%05d' "$number"
        campaign_yaml "$number" "$seconds" >"$work/project/campaigns/$stem.yaml"
    done
}

write_terraform() { # applied | changed
    local number seconds
    for ((number = 0; number < campaigns; number++)); do
        seconds=45
        if [[ $1 == changed ]] && ((number % 100 == 0)); then
            seconds=60
        fi
        campaign_terraform "$number" "$seconds"
    done >"$work/terraform/main.tf"
}

# Starts the emulator and sets `url`.
start_emulator() {
    local line
    exec {feed}< <(exec "$campaignctl" emulator --port 0 --data "$work/standalone" </dev/null)
    emulator=$!
    IFS= read -r -t 30 line <&"$feed" || fail "the emulator did not start"
    [[ $line =~ (http://[0-9.:]+) ]] || fail "no address in what the emulator said: $line"
    url=${BASH_REMATCH[1]}
}

quietly() { # command…
    if ! "$@" >"$work/log" 2>&1; then
        tail -n 20 "$work/log" >&2
        fail "failed: $*"
    fi
}

campaigns=1000
runs=7
with_terraform=yes
while (($# > 0)); do
    case $1 in
        --runs)
            (($# > 1)) || usage
            runs=$2
            shift
            ;;
        --skip-terraform) with_terraform=no ;;
        -*) usage ;;
        *) campaigns=$1 ;;
    esac
    shift
done
[[ $campaigns =~ ^[1-9][0-9]{0,4}$ && $runs =~ ^[1-9][0-9]{0,2}$ ]] || usage
readonly campaigns runs

campaignctl=${CAMPAIGNCTL:-target/release/campaignctl}
command -v "$campaignctl" >/dev/null ||
    fail "no binary $campaignctl: run \`cargo build --release\` in the repository's folder, or set CAMPAIGNCTL"
command -v python3 >/dev/null || fail "python3 is needed to take the times"
if [[ $with_terraform == yes ]] && ! command -v terraform >/dev/null; then
    say "no terraform on the PATH: only campaignctl is timed"
    with_terraform=no
fi

# Nothing of the caller's settings, and no look for newer versions.
for name in "${!TF_@}" "${!GENESYSCLOUD_@}"; do
    unset "$name"
done

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
work=$(mktemp -d)
readonly work
: >"$work/terraformrc"
export TF_CLI_CONFIG_FILE=$work/terraformrc TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
export GENESYSCLOUD_OAUTHCLIENT_ID=bench GENESYSCLOUD_OAUTHCLIENT_SECRET=bench

mkdir -p "$work/project/campaigns" "$work/terraform"
start_emulator
cat >"$work/project/campaignctl.yaml" <<YAML
environments:
  standalone: { baseUrl: "$url" }
  embedded: { emulator: .campaignctl/embedded }
YAML

say "writing $campaigns campaigns and applying them …"
write_campaigns applied
for environment in standalone embedded; do
    quietly "$campaignctl" apply --project "$work/project" -e "$environment" --auto-approve --quiet --parallelism 32
done
write_campaigns changed

commands=(
    -- "campaignctl, over HTTP" "$campaignctl" plan --project "$work/project" -e standalone
    -- "campaignctl, embedded emulator" "$campaignctl" plan --project "$work/project" -e embedded
)
if [[ $with_terraform == yes ]]; then
    write_terraform applied
    quietly terraform -chdir="$work/terraform" init -input=false -no-color
    quietly terraform -chdir="$work/terraform" apply -input=false -no-color -auto-approve
    write_terraform changed
    commands+=(-- "terraform" terraform -chdir="$work/terraform" plan -input=false -no-color)
fi

changes=$(((campaigns + 99) / 100))
file=$work/project/campaigns/campaign-00000.yaml
printf '%s campaigns of about %s bytes, %s changed; %s runs each after one warm-up; %s\n' \
    "$campaigns" "$(($(wc -c <"$file")))" "$changes" "$runs" "$(date -u +%F)"
"$campaignctl" --version
if [[ $with_terraform == yes ]]; then
    terraform version | head -n 1
fi
python3 -I -S "$here/time_in_turns.py" "$runs" "Plan: 0 to add, $changes to change, 0 to destroy." "$work/log" "${commands[@]}"
