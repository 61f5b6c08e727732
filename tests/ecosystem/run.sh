#!/usr/bin/env bash
# Runs tools that read Terraform's plans on plans of campaignctl, and says what came out. Needs bash, python3, jq and the
# Python package index (about 30 s the first time); everything is kept under target/ecosystem.
set -euo pipefail
cd "$(dirname "$0")/../.."

CHECKOV=3.3.30
REGOPY=1.5.2

cargo build --locked --quiet
campaignctl="$PWD/target/debug/campaignctl"
policies="$PWD/examples/policies"
docs="$PWD/docs/formats.md"
rego="$PWD/tests/ecosystem/rego.py"
cache="$PWD/target/ecosystem"
python="$cache/venv/bin/python"
if ! "$cache/venv/bin/pip" show "checkov" regopy 2>/dev/null | grep -q "^Version: $CHECKOV$"; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check "checkov==$CHECKOV" "regopy==$REGOPY"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CHECKOV_RUN_SCA_PACKAGE_SCAN=false BC_SKIP_MAPPING=TRUE
rows=()
wrong=0

# expect TOOL WHAT WANTED GOT
expect() {
  local ok=ok
  if [ "$3" != "$4" ]; then
    ok="WRONG: wanted $3"
    wrong=1
  fi
  rows+=("$1|$2|$4|$ok")
}

# A project with a campaign that has throttling, one that has none, and one that is live and about to go.
mkdir -p "$work/project/campaigns"
cd "$work/project"
printf 'environments:\n  local: { emulator: .campaignctl }\n' > campaignctl.yaml
campaign() {
  cat <<YAML
name: $1
enabled: true
campaignType: proactive
evaluationMode: realtime
filters: [{ attributeName: session.dwell_time_seconds, operator: greater_than, value: 45, dataType: integer }]
actions:
  - type: webchat_invite
    priority: 1
    config: { inviteMessage: Hello, displayDuration: 300 }
    routingConfig: { queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890, skillGroups: [web_support_tier1] }
YAML
}
throttling='throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }'
{ campaign "Leaves soon"; echo "$throttling"; } > campaigns/gone.yaml
"$campaignctl" apply --auto-approve --quiet > /dev/null
rm campaigns/gone.yaml
{ campaign "Limited"; echo "$throttling"; } > campaigns/limited.yaml
campaign "Unlimited" > campaigns/unlimited.yaml
"$campaignctl" plan --format json > "$work/plan.json" 2> /dev/null
"$campaignctl" plan --format gitlab > "$work/gitlab.json" 2> /dev/null
"$campaignctl" plan --json-stream > "$work/stream.jsonl"
"$campaignctl" schema plan > "$work/plan.schema.json"

checkov() {
  "$cache/venv/bin/checkov" -f "$work/plan.json" --framework terraform_plan --external-checks-dir "$policies/checkov" \
    --check CKV2_CAMPAIGN_1 -o json 2> /dev/null || true
}
found=$(checkov)
version=$("$cache/venv/bin/checkov" --version 2> /dev/null | tail -n 1)
names() { jq -c "[.results.$1[]?.resource] | sort" <<< "$found"; }
expect "Checkov $version" "passes the campaign with throttling" '["campaign.limited"]' "$(names passed_checks)"
expect "Checkov $version" "fails the campaign without" '["campaign.unlimited"]' "$(names failed_checks)"

policy() { "$python" "$rego" "$policies/rego/campaigns.rego" "$work/plan.json" "$@"; }
unlimited='"campaign.unlimited: no throttling, so every trigger invites again"'
friday='"campaign.gone: nothing is deleted on a Friday"'
expect "Rego, rego-cpp (regopy $REGOPY)" "denies it, on a Thursday" "[$unlimited]" "$(policy deny 2026-11-19T12:00:00Z)"
expect "Rego, rego-cpp (regopy $REGOPY)" "and the delete, on a Friday" "[$friday, $unlimited]" "$(policy deny 2026-11-20T12:00:00Z)"
expect "Rego, rego-cpp (regopy $REGOPY)" "warns of what is dangerous" 'true' \
  "$(policy warn | jq 'any(startswith("campaign.gone: "))')"

jq_version=$(jq --version)
expect "$jq_version" "GitLab's own program on the JSON is our report" "$(jq -c . "$work/gitlab.json")" \
  "$(jq -rc '([.resource_changes[]?.change.actions?]|flatten)|{"create":(map(select(.=="create"))|length),"update":(map(select(.=="update"))|length),"delete":(map(select(.=="delete"))|length)}' "$work/plan.json")"
expect "$jq_version" "every line of the stream is an object with a type" 'true' "$(jq -s 'all(has("type") and has("@message"))' "$work/stream.jsonl")"
expect "jsonschema (Python, of Checkov)" "the plan is valid against schema/plan.schema.json" 'valid' "$("$python" - "$work/plan.schema.json" "$work/plan.json" <<'PY'
import json, sys
import jsonschema
schema, plan = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:])
jsonschema.validate(plan, schema)
print("valid")
PY
)"

# The jq programs of the documentation.
cd "$work"
grep '^jq ' "$docs" > programs
ran=0
while read -r program; do
  bash -c "$program" > /dev/null && ran=$((ran + 1))
done < programs
expect "$jq_version" "the programs of docs/formats.md run" "$(wc -l < programs)" "$ran"

printf '| tool | what | result | |\n|---|---|---|---|\n'
printf '%s\n' "${rows[@]}" | while IFS='|' read -r tool what got ok; do printf '| %s | %s | `%s` | %s |\n' "$tool" "$what" "$got" "$ok"; done
exit "$wrong"
