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

readonly queue=a1b2c3d4-e5f6-7890-abcd-ef1234567890
readonly overflow_queue=b2c3d4e5-f6a7-8901-bcde-f12345678901

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

# One campaign file of about 1.2 KB, with queues by id, so that no name has to be looked up.
campaign_yaml() { # number, seconds
    printf '%s\n' "# yaml-language-server: \$schema=../schema/campaign.schema.json
name: Pricing page, high churn risk $1
description: |
  Visitors who read the price list for the second time within a week and are likely to leave.
  Owner: growth team. Reviewed every quarter together with the web support leads.
enabled: true
campaignType: proactive
evaluationMode: realtime
filters:
  - { attributeName: referrer.page, operator: starts_with, value: /pricing/$1, dataType: string }
  - { attributeName: external.churn_probability, operator: greater_than, value: 0.72, dataType: float }
  - { attributeName: session.dwell_time_seconds, operator: greater_than, value: $2, dataType: integer }
actions:
  - type: webchat_invite
    priority: 1
    config:
      inviteMessage: Comparing plans? A specialist can tell you in two minutes which one fits.
      displayDuration: 300
    routingConfig:
      queueId: $queue
      skillGroups: [pricing_specialists]
      wrapUpCode: proactive_invite_accepted
      priorityLevel: 5
      overflowQueueId: $overflow_queue
throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }
lifecycle: { preventDestroy: true }"
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

# Times the commands in turns, so that a noisy moment hits all of them; prints the table.
#
# Wall time is from the spawn to the end of the process, resident memory is the peak the kernel reports. The kernel starts
# that peak at the size of the process that spawns, so a command smaller than this helper would show the helper's size.
time_in_turns() { # runs, changes, log, {-- label command…}…
    python3 -I -S - "$@" <<'PYTHON'
import os
import sys
import time

runs, changes, log = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
commands = []
for word in sys.argv[4:]:
    if word == "--":
        commands.append([])
    else:
        commands[-1].append(word)
expected = f"Plan: 0 to add, {changes} to change, 0 to destroy."
actions = [
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    (os.POSIX_SPAWN_DUP2, 1, 2),
]


def once(label, command):
    began = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - began
    with open(log, encoding="utf-8") as said:
        text = said.read()
    if os.waitstatus_to_exitcode(status) != 0 or expected not in text.splitlines():
        sys.exit(f"{text[-2000:]}\nplan.sh: {label} did not end with: {expected}")
    return wall, usage.ru_maxrss


def load():
    return "%.2f %.2f %.2f" % os.getloadavg()


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


before = load()
measured = [[] for _ in commands]
for turn in range(runs + 1):
    for (label, *command), results in zip(commands, measured):
        result = once(label, command)
        if turn > 0:
            results.append(result)

unit = 1 if sys.platform == "darwin" else 1024
print(f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores, load before {before}, after {load()}")
print(f"all report: {expected}\n")
print(f"{'':34}{'median s':>10}{'min s':>10}{'max s':>10}{'peak MB':>10}")
medians = []
for (label, *_), results in zip(commands, measured):
    walls = [wall for wall, _ in results]
    peak = max(peak for _, peak in results) * unit / 1e6
    medians.append((label, median(walls), peak))
    print(f"{label:34}{median(walls):10.3f}{min(walls):10.3f}{max(walls):10.3f}{peak:10.1f}")
if len(medians) > 2:
    print()
    name, slow, large = medians[-1]
    for label, fast, small in medians[:-1]:
        print(f"{name} / {label}: {slow / fast:.1f} x the time, {large / small:.1f} x the memory")
PYTHON
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
time_in_turns "$runs" "$changes" "$work/log" "${commands[@]}"
