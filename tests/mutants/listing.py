"""Which changes there are: the list of cargo-mutants, room by room."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOMS = {
    "apply": ["src/apply/**/*.rs"],
    "reconcile": [f"src/reconcile/{name}.rs" for name in ("guard", "pair", "resume", "order")],
    "state": ["src/state/**/*.rs"],
    "remote": [f"src/remote/{name}.rs" for name in ("retry", "writer", "read_back")],
    "saved": ["src/saved/**/*.rs"],
    "render": ["src/render/escape.rs"],
}


@dataclass(frozen=True)
class Mutant:
    """One change to the code, as cargo-mutants describes it."""

    number: int
    room: str
    file: str
    genre: str
    # What is changed in which function, without its place.
    change: str
    # The line it begins in, and which of several alike in that line it is.
    line: str
    nth: int
    # Lines and columns from 1, columns in characters; the end is exclusive.
    start: tuple[int, int]
    end: tuple[int, int]
    replacement: str
    diff: str

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """What it is known by when lines move."""
        return (self.file, self.change, self.line, self.nth)

    @property
    def place(self) -> str:
        return f"{self.file}:{self.start[0]}:{self.start[1]}"


def mutants(root: Path, rooms: list[str]) -> list[Mutant]:
    """Every mutant of these rooms, numbered from 1."""
    found = []
    for room in rooms:
        filters = [word for pattern in ROOMS[room] for word in ("--file", pattern)]
        ran = subprocess.run(
            ["cargo", "mutants", "--list", "--json", "--diff", "--colors", "never", *filters], cwd=root, check=True, stdout=subprocess.PIPE
        )
        listed = json.loads(ran.stdout)
        if not listed:
            raise SystemExit(f"cargo-mutants finds nothing to change in `{room}`: has it moved?")
        found += [(room, each) for each in listed]
    lines: dict[str, list[str]] = {}
    seen: dict[tuple[str, str, str], int] = {}
    result = []
    for number, (room, each) in enumerate(found, start=1):
        file, span = each["file"], each["span"]
        if file not in lines:
            lines[file] = (root / file).read_text().split("\n")
        start, end = ((span[side]["line"], span[side]["column"]) for side in ("start", "end"))
        change = each["name"].split(": ", 1)[1]
        whole_body = each["genre"] == "FnValue"
        # A body is known by its function; what stands in its first line says nothing.
        line = "" if whole_body else lines[file][start[0] - 1].strip()
        nth = seen[file, change, line] = seen.get((file, change, line), 0) + 1
        result.append(
            Mutant(number, room, file, each["genre"], change, line, nth, start, end, each["replacement"], each["diff"])
        )
    return result
