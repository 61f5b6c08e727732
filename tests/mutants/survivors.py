"""The changes that no test can notice, each with the reason; run by itself it looks for explanations of code that is gone."""

import re
import sys
import tomllib
from pathlib import Path

FILE = Path("tests/mutants/survivors.toml")


def explained(root: Path) -> dict[tuple[str, str, str, int], str]:
    """Reason by identity of a mutant."""
    reasons = {}
    for entry in tomllib.loads((root / FILE).read_text()).get("survivor", []):
        unknown = entry.keys() - {"file", "change", "line", "nth", "why"}
        if unknown or not entry.get("why", "").strip() or "\n" in entry["why"].strip():
            raise SystemExit(f"{FILE}: an entry needs `file`, `change` and one line `why`; `line` and `nth` where they apply: {entry}")
        identity = (entry["file"], entry["change"], entry.get("line", ""), entry.get("nth", 1))
        if identity in reasons:
            raise SystemExit(f"{FILE}: explained twice: {identity}")
        reasons[identity] = entry["why"].strip()
    return reasons


def stale(root: Path) -> list[str]:
    """Explanations whose code is gone, as far as the text alone shows: the whole run compares with the list of mutants."""
    gone = []
    for file, change, line, _ in explained(root):
        path = root / file
        lines = [text.strip() for text in path.read_text().split("\n")] if path.is_file() else []
        function = re.search(r"(\w+)(?:<[^>]*>)?(?: -> .*)?$", change.split(" with ")[0] if change.startswith("replace ") and " in " not in change else change)
        is_there = any(f"fn {function[1]}" in text for text in lines) if function else bool(lines)
        if not is_there or (line and line not in lines):
            gone.append(f"{file}: {change}: {line or 'the function'}")
    return gone


if __name__ == "__main__":
    found = stale(Path("."))
    for each in found:
        print(f"{FILE} explains what is gone: {each}", file=sys.stderr)
    sys.exit(bool(found))
