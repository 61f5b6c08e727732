"""Mutation testing of the rooms where a mistake costs most.

1. cargo-mutants lists the changes (`listing.py`).
2. All of them are written into a copy of the repository, each behind a switch (`switches.py`, `tree.py`), and built once.
3. Every test runs once by itself with all switches off, and notes which of them it comes by (`runs.py`).
4. Every change runs, switched on, the tests that reach it, the fastest first, until one fails or hangs.

What survives has to be explained in `survivors.toml`.
"""

import argparse
import hashlib
import json
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import runs
from listing import ROOMS, Mutant, mutants
from survivors import FILE, explained
from tree import Tree

ROOT = Path(".").resolve()
WORK = ROOT / "target" / "mutants"
RESULTS = WORK / "results.json"
TRACES = WORK / "traces.json"

SAY = threading.Lock()


def say(text: str) -> None:
    with SAY:
        print(text, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/mutants/run.sh", description="Mutation testing; see docs/testing.md.")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"rooms to run, of {', '.join(ROOMS)}; all by default")
    parser.add_argument("--survivors", action="store_true", help="only what was not caught last time")
    parser.add_argument("--tests", default="", metavar="TEXT", help="only with tests whose name contains this")
    parser.add_argument("--jobs", type=int, default=2, help="tests that run at the same time (2)")
    parser.add_argument("--stale", action="store_true", help="only look for explanations of code that is gone")
    chosen = parser.parse_args()
    unknown = [room for room in chosen.rooms if room not in ROOMS]
    if unknown:
        parser.error(f"there is no room {', '.join(unknown)}; there are {', '.join(ROOMS)}")
    chosen.rooms = chosen.rooms or list(ROOMS)
    return chosen


def loaded(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def traced(tree: Tree, programs: list[tuple[str, Path]], only: str, jobs: int) -> list[runs.Test]:
    """Every test, with what it reaches; from the last run where neither it nor the product changed."""
    product = tree.work / "build" / "debug" / "campaignctl"
    known = loaded(TRACES)
    tests, keys = [], {}
    for name, program in programs:
        key = hashlib.sha256(program.read_bytes() + product.read_bytes()).hexdigest()
        for test in runs.tests_of(name, program, tree.folder):
            if only in test.title:
                tests.append(test)
                keys[test.title] = key
    waiting = []
    for test in tests:
        last = known.get(test.title)
        if last and last["key"] == keys[test.title]:
            test.seconds, test.reaches = last["seconds"], set(last["reaches"])
        else:
            waiting.append(test)
    say(f"{len(tests)} tests, {len(waiting)} of them to be traced")
    with ThreadPoolExecutor(jobs) as pool:
        outcomes = list(pool.map(lambda test: runs.trace(test, tree.folder), waiting))
    failing = [f"{test.title}: {outcome}" for test, outcome in zip(waiting, outcomes) if outcome != "ok"]
    for test, outcome in zip(waiting, outcomes):
        if outcome == "ok":
            known[test.title] = {"key": keys[test.title], "seconds": round(test.seconds, 3), "reaches": sorted(test.reaches)}
    TRACES.write_text(json.dumps(known))
    if failing:
        raise SystemExit("without any change these tests do not pass in the copy:\n" + "\n".join(failing))
    return tests


def judge(mutant: Mutant, reaching: list[runs.Test], folder: Path, regressions: runs.Regressions) -> dict:
    """Runs one mutant against the tests that reach it."""
    for test in reaching:
        outcome, _ = runs.run(test, folder, selected=mutant.number, limit=runs.limit_of(test))
        if outcome != "ok":
            regressions.restore()
            return {"outcome": "caught" if outcome == "failed" else "timeout", "by": test.title}
    return {"outcome": "survived" if reaching else "unreached", "tests": len(reaching)}


def key(mutant: Mutant) -> str:
    return json.dumps(mutant.identity)


def main() -> int:
    chosen = arguments()
    began = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    everything = mutants(ROOT, list(ROOMS))
    tree = Tree(ROOT, WORK, everything)
    tree.copy()
    tree.switch()
    say(f"{len(everything)} changes, {len(tree.unviable)} of them do not compile, {len(tree.alone)} are built alone [{time.monotonic() - began:.0f} s]")
    programs = tree.build()
    say(f"built [{time.monotonic() - began:.0f} s]")
    tests = sorted(traced(tree, programs, chosen.tests, chosen.jobs), key=lambda test: test.seconds)
    say(f"traced [{time.monotonic() - began:.0f} s]; {sum(test.seconds for test in tests):.0f} s of tests")

    results = loaded(RESULTS)
    regressions = runs.Regressions(tree.folder)
    now = [m for m in everything if m.room in chosen.rooms]
    for mutant in now:
        if mutant.number in tree.unviable:
            results[key(mutant)] = {"outcome": "unviable", "why": tree.unviable[mutant.number]}
    waiting = [m for m in now if m.number not in tree.unviable and m.number not in tree.alone]
    if chosen.survivors:
        waiting = [m for m in waiting if results.get(key(m), {}).get("outcome") not in ("caught", "timeout")]
    say(f"{len(waiting)} changes to run")

    def one(mutant: Mutant) -> None:
        start = time.monotonic()
        result = judge(mutant, [test for test in tests if mutant.number in test.reaches], tree.folder, regressions)
        results[key(mutant)] = result
        say(f"{result['outcome']:9} {mutant.place}: {mutant.change} [{time.monotonic() - start:.1f} s]" + (f" by {result['by']}" if "by" in result else ""))

    with ThreadPoolExecutor(chosen.jobs) as pool:
        list(pool.map(one, waiting))
    alone = [m for m in now if m.number in tree.alone]
    for mutant in alone:
        if chosen.survivors and results.get(key(mutant), {}).get("outcome") in ("caught", "timeout", "unviable"):
            continue
        start = time.monotonic()
        programs = tree.build_alone(mutant)
        if isinstance(programs, str):
            result = {"outcome": "unviable", "why": programs}
        else:
            near = tree.near(mutant)
            # The programs are new, the tests the same.
            reaching = [runs.Test(programs[test.binary], test.binary, test.name, test.seconds) for test in tests if test.reaches & near]
            result = judge(mutant, reaching, tree.folder, regressions)
        results[key(mutant)] = result
        say(f"{result['outcome']:9} {mutant.place}: {mutant.change} [alone, {time.monotonic() - start:.1f} s]" + (f" by {result['by']}" if "by" in result else ""))

    RESULTS.write_text(json.dumps(results, indent=1))
    return report(everything, now, results, time.monotonic() - began, whole=set(chosen.rooms) == set(ROOMS))


def report(everything: list[Mutant], now: list[Mutant], results: dict, seconds: float, whole: bool) -> int:
    reasons = explained(ROOT)
    survivors = [m for m in now if results.get(key(m), {}).get("outcome") in (None, "survived", "unreached")]
    unexplained = [m for m in survivors if m.identity not in reasons]
    for mutant in unexplained:
        outcome = results.get(key(mutant), {}).get("outcome", "not run")
        nth = f"\nnth = {mutant.nth}" if mutant.nth > 1 else ""
        line = f"\nline = {json.dumps(mutant.line, ensure_ascii=False)}" if mutant.line else ""
        say(f"\n{outcome}: {mutant.place}\n[[survivor]]\nfile = {json.dumps(mutant.file)}\nchange = {json.dumps(mutant.change, ensure_ascii=False)}{line}{nth}\n{mutant.diff}")
    known = {m.identity for m in everything}
    caught = {m.identity for m in now if results.get(key(m), {}).get("outcome") in ("caught", "timeout", "unviable")}
    wrong = 0
    for identity in reasons:
        if identity not in known:
            say(f"{FILE} explains what is gone: {identity}")
            wrong += 1
        elif identity in caught:
            say(f"{FILE} explains what a test notices: {identity}")
            wrong += 1
    say("\n| room | changes | caught | by timeout | do not compile | explained | unexplained |\n|---|---|---|---|---|---|---|")
    total: Counter = Counter()
    for room in [room for room in ROOMS if any(m.room == room for m in now)]:
        count = Counter(results.get(key(m), {}).get("outcome", "survived") for m in now if m.room == room)
        count["explained"] = sum(m.room == room and m.identity in reasons for m in survivors)
        count["unexplained"] = sum(m.room == room for m in unexplained)
        count["all"] = sum(m.room == room for m in now)
        say(row(f"`{room}`", count))
        total += count
    say(row("together", total))
    say(f"\n{seconds:.0f} s")
    return 1 if unexplained or wrong else 0


def row(name: str, count: Counter) -> str:
    return f"| {name} | " + " | ".join(str(count[what]) for what in ("all", "caught", "timeout", "unviable", "explained", "unexplained")) + " |"


if __name__ == "__main__":
    sys.exit(main())
