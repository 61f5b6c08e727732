"""Writes every shell script inside YAML files (workflows, actions, GitLab jobs, containers) to a folder, for shellcheck."""

import sys
from pathlib import Path

import yaml


def scripts(value, where):
    """Pairs of a place and a script, however deep."""
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from scripts(entry, f"{where}.{number}")
    if not isinstance(value, dict):
        return
    for key, entry in value.items():
        if key == "run" and isinstance(entry, str):
            yield f"{where}.run", entry
        elif key in ("script", "before_script", "after_script") and isinstance(entry, list):
            yield f"{where}.{key}", "\n".join(entry)
        elif key == "command" and isinstance(entry, list) and entry[0] in ("sh", "bash") and "-c" in entry:
            yield f"{where}.args", value["args"][0]
        yield from scripts(entry, f"{where}.{key}")


def main(target, *files):
    count = 0
    for file in files:
        for document in yaml.load_all(Path(file).read_text(), Loader=yaml.BaseLoader):
            for where, script in scripts(document, Path(file).stem.lstrip(".")):
                (Path(target) / f"{where}.sh").write_text(f"#!/usr/bin/env bash\nset -euo pipefail\n{script}\n")
                count += 1
    print(f"{count} scripts inside YAML")


if __name__ == "__main__":
    main(*sys.argv[1:])
