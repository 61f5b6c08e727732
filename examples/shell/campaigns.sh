#!/bin/sh
# The steps of a pipeline for any runner that has git and campaignctl: Jenkins, Buildkite, a cron job.
#
#   campaigns.sh validate       checks the files and runs the test cases; writes out/validate.xml (JUnit)
#   campaigns.sh plan           writes out/plan.json, out/plan.md and out/plan.html; exits with 2 when changes are pending
#   campaigns.sh apply [PLAN]   applies exactly that plan (out/plan.json unless told) and saves the state
#   campaigns.sh drift          writes out/drift.md; exits with 2 when live differs from what was applied last
#
# 0 is success, 1 an error or a refusal. Run it in the folder of campaignctl.yaml. From the environment:
#   GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET   for plan, apply and drift
#   CAMPAIGNCTL_PLAN_KEY    signs plans; apply then refuses those that are not
#   ENVIRONMENT             of campaignctl.yaml [production]
#   STATE_REPOSITORY        where the state branch is; git must be able to reach it, and to push for apply [remote `origin`]
set -eu

environment=${ENVIRONMENT:-production}
branch=campaignctl-state
out=out

fetch_state() {
  rm -rf .state
  git clone --quiet --branch "$branch" --single-branch "${STATE_REPOSITORY:-$(git remote get-url origin)}" .state
}

state_git() {
  git -C .state -c user.name=campaignctl -c user.email=campaignctl@localhost "$@"
}

# Called where the shell does not stop at errors, so it returns at each.
save_state() {
  state_git add -A -- ':(exclude)*.lock' || return
  if state_git diff --cached --quiet; then
    return
  fi
  state_git commit --quiet -m "$environment after $(git rev-parse HEAD)" || return
  for pause in 1 2 4; do
    if state_git push --quiet origin "HEAD:$branch"; then
      return
    fi
    sleep "$pause"
    # Somebody else saved the state of another environment.
    state_git pull --quiet --rebase origin "$branch" || return
  done
  return 1
}

mkdir -p "$out"
code=0
case ${1:-} in
  validate)
    campaignctl validate -e "$environment" --format junit > "$out/validate.xml" || code=$?
    campaignctl validate -e "$environment" || code=$?
    campaignctl test -e "$environment" -q || code=$?
    ;;
  plan)
    fetch_state
    rm -f "$out/plan.json" "$out/plan.md" "$out/plan.html"
    campaignctl plan -e "$environment" --out "$out/plan.json" --detailed-exitcode || code=$?
    if [ -s "$out/plan.json" ]; then
      campaignctl show "$out/plan.json" --format markdown > "$out/plan.md"
      campaignctl show "$out/plan.json" --format html > "$out/plan.html"
    fi
    ;;
  apply)
    fetch_state
    campaignctl apply "${2:-$out/plan.json}" || code=$?
    # Also when the apply failed half-way: the state then says what was done.
    if ! save_state; then
      echo "The state was not saved. Push the folder .state to $branch before the next run." >&2
      code=1
    fi
    ;;
  drift)
    fetch_state
    campaignctl drift -e "$environment" --format markdown --detailed-exitcode > "$out/drift.md" || code=$?
    cat "$out/drift.md"
    ;;
  *)
    echo "usage: $0 validate | plan | apply [PLAN] | drift" >&2
    code=1
    ;;
esac
exit "$code"
