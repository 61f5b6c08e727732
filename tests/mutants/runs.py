"""Running single tests, each in a process of its own: with the switches traced, or with one of them on."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tree import SELECTED, TRACE

# A change that makes a test this much slower than it was, and at least this slow, is noticed: the test would hang.
SLOWER = 10
AT_LEAST = 30.0


@dataclass
class Test:
    """A test, how long it takes as the code is, and which changes it reaches."""

    program: Path
    binary: str
    name: str
    seconds: float = 0.0
    reaches: set[int] = field(default_factory=set)

    @property
    def title(self) -> str:
        return f"{self.binary} {self.name}"


def tests_of(binary: str, program: Path, folder: Path) -> list[Test]:
    def names(*more: str) -> set[str]:
        ran = subprocess.run([program, "--list", "--format", "terse", *more], cwd=folder, check=True, stdout=subprocess.PIPE)
        return {line.removesuffix(": test") for line in ran.stdout.decode().splitlines() if line.endswith(": test")}

    return [Test(program, binary, name) for name in sorted(names() - names("--ignored"))]


class Regressions:
    """The files proptest writes failures into: a failure under one change must not become a test case for the next."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.before = {path: path.read_bytes() for path in self.now()}

    def now(self) -> list[Path]:
        return [path for part in ("src", "tests", "proptest-regressions") for path in (self.folder / part).rglob("*proptest-regressions*") if path.is_file()]

    def restore(self) -> None:
        for path in self.now():
            if path not in self.before:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != self.before[path]:
                path.write_bytes(self.before[path])


def run(test: Test, folder: Path, *, selected: int = 0, trace: Path | None = None, limit: float) -> tuple[str, float]:
    """Runs a test: `ok`, `failed` or `timeout`, and the seconds it took."""
    home = tempfile.mkdtemp(prefix="mutant-")
    environment = {
        name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LD_LIBRARY_PATH", "RUSTUP_HOME", "CARGO_HOME", "USER", "LANG")
    }
    environment |= {
        "TMPDIR": home,
        "CARGO_MANIFEST_DIR": str(folder),
        # The same cases for every change, and no time spent on making a failure small.
        "PROPTEST_RNG_SEED": "20261121",
        "PROPTEST_MAX_SHRINK_ITERS": "0",
        SELECTED: str(selected),
    }
    if trace:
        environment[TRACE] = str(trace)
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            [test.program, "--exact", test.name, "--test-threads", "1"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=limit)
            outcome = "ok" if code == 0 else "failed"
        except subprocess.TimeoutExpired:
            outcome = "timeout"
        finally:
            # What it started may outlive it.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        return outcome, time.monotonic() - began
    finally:
        shutil.rmtree(home, ignore_errors=True)


def trace(test: Test, folder: Path) -> str:
    """Runs a test as the code is, and notes how long it takes and what it reaches."""
    with tempfile.TemporaryDirectory(prefix="mutant-trace-") as place:
        file = Path(place) / "trace"
        outcome, test.seconds = run(test, folder, trace=file, limit=3600)
        test.reaches = {int(line) for line in file.read_text().split()} if file.exists() else set()
    return outcome


def limit_of(test: Test) -> float:
    return max(AT_LEAST, SLOWER * test.seconds)
