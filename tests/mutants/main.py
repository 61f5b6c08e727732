"""Mutation testing of the rooms where a mistake costs most.

1. cargo-mutants lists the changes (`listing.py`).
2. All of them are written into a copy of the repository, each behind a switch (`switches.py`, `tree.py`), and built once.
3. Every test runs once by itself with all switches off, and notes which of them it comes by (`runs.py`).
4. Every change runs, switched on, the tests that reach it, until one fails or hangs.

What survives has to be explained in `survivors.toml`.
"""

import argparse
import hashlib
import json
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import runs
from listing import ROOMS, Mutant, mutants
from survivors import FILE, explained
from tree import LIB, Tree

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
    parser.add_argument("--report", action="store_true", help="run nothing, and say again what came of the last runs")
    parser.add_argument("--tests", default="", metavar="TEXT", help="only with tests whose name contains this")
    parser.add_argument("--most", type=float, default=1e9, metavar="SECONDS", help="only tests that take at most so long: for a quick look")
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


def traced(tree: Tree, programs: list[tuple[str, Path]], chosen: argparse.Namespace) -> list[runs.Test]:
    """Every test, with what it reaches: from the last run where neither it nor the product changed. A run over survivors takes
    the last run for good enough, of tests that it knows."""
    product = (tree.work / "build" / "debug" / "campaignctl").read_bytes()
    names = {mutant.number: short(mutant) for mutant in tree.mutants}
    known = loaded(TRACES)
    tests, keys = [], {}
    for name, program in programs:
        digest = hashlib.sha256(program.read_bytes() + product).hexdigest()
        for test in runs.tests_of(name, program, tree.folder):
            if chosen.tests in test.title:
                tests.append(test)
                keys[test.title] = digest
    good_enough = chosen.survivors and not chosen.tests
    waiting = [test for test in tests if known.get(test.title, {}).get("key") != keys[test.title] and not (good_enough and test.title in known)]
    # The slowest first, as far as that is known, so that the end does not wait for one of them.
    waiting.sort(key=lambda test: known.get(test.title, {}).get("seconds", 1e9 if test.binary == "crash" else 0.0), reverse=True)
    say(f"{len(tests)} tests, {len(waiting)} of them to be traced")
    failing = []

    def one(test: runs.Test) -> None:
        outcome = runs.trace(test, tree.folder)
        if outcome != "ok":
            failing.append(f"{test.title}: {outcome}")
            return
        reaches = sorted(names[number] for number in test.reaches)
        known[test.title] = {"key": keys[test.title], "seconds": round(test.seconds, 3), "reaches": reaches, "of": sorted(names.values())}

    try:
        with ThreadPoolExecutor(chosen.jobs) as pool:
            list(pool.map(one, waiting))
    finally:
        TRACES.write_text(json.dumps(known))
    if failing:
        raise SystemExit("without any change these tests do not pass in the copy:\n" + "\n".join(failing))
    for test in tests:
        last = known[test.title]
        reaches, of = set(last["reaches"]), set(last["of"])
        files = {mutant.file for mutant in tree.mutants if names[mutant.number] in reaches}
        test.seconds = last["seconds"]
        # What was not there when the test was traced, it may reach where it reaches the file.
        test.reaches = {
            mutant.number
            for mutant in tree.mutants
            if names[mutant.number] in reaches or (names[mutant.number] not in of and mutant.file in files)
        }
    return tests


def judge(mutant: Mutant, reaching: list[runs.Test], folder: Path, regressions: runs.Regressions) -> dict:
    """Runs one mutant against the tests that reach it."""
    for test in reaching:
        outcome, _ = runs.run(test, folder, selected=mutant.number, limit=runs.limit_of(test))
        if outcome != "ok":
            regressions.restore()
            return {"outcome": "caught" if outcome == "failed" else "timeout", "by": test.title}
    return {"outcome": "survived" if reaching else "unreached", "tests": len(reaching)}


def judge_alone(mutant: Mutant, tests: list[runs.Test], tree: Tree, regressions: runs.Regressions) -> dict:
    """Builds one mutant by itself, program by program, and runs the tests that reach its file."""
    near = tree.near(mutant)
    reaching = [test for test in tests if test.reaches & near]
    with tree.with_only(mutant) as error:
        if error:
            return {"outcome": "unviable", "why": error}
        for target in sorted({test.binary for test in reaching}, key=lambda name: (name != LIB, name)):
            ((_, program),) = tree.build((target,))
            here = [runs.Test(program, test.binary, test.name, test.seconds) for test in reaching if test.binary == target]
            result = judge(mutant, here, tree.folder, regressions)
            if result["outcome"] in ("caught", "timeout"):
                return result
    return {"outcome": "survived" if reaching else "unreached", "tests": len(reaching)}


def key(mutant: Mutant) -> str:
    return json.dumps(mutant.identity)


def short(mutant: Mutant) -> str:
    return hashlib.sha256(key(mutant).encode()).hexdigest()[:12]


def main() -> int:
    chosen = arguments()
    began = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    everything = mutants(ROOT, list(ROOMS))
    if chosen.report:
        return report(everything, [m for m in everything if m.room in chosen.rooms], loaded(RESULTS), 0.0)
    tree = Tree(ROOT, WORK, everything)
    tree.copy()
    tree.switch()
    say(f"{len(everything)} changes, {len(tree.unviable)} of them do not compile, {len(tree.alone)} are built alone [{time.monotonic() - began:.0f} s]")
    programs = tree.build()
    say(f"built [{time.monotonic() - began:.0f} s]")
    tests = sorted((test for test in traced(tree, programs, chosen) if test.seconds <= chosen.most), key=lambda test: test.seconds)
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
    # Those that few tests reach first: they are judged soonest.
    cost = {m.number: sum(test.seconds for test in tests if m.number in test.reaches) for m in waiting}
    waiting.sort(key=lambda m: (chosen.rooms.index(m.room), cost[m.number]))
    say(f"{len(waiting)} changes to run")

    caught_by: dict[str, Counter] = defaultdict(Counter)
    places = {key(m): m.file for m in everything}
    for identity, result in results.items():
        if "by" in result and identity in places:
            caught_by[places[identity]][result["by"]] += 1

    def one(mutant: Mutant) -> None:
        start = time.monotonic()
        # What caught other changes of this file is the likeliest to catch this one; then the fastest.
        likely = [title for title, _ in caught_by[mutant.file].most_common(10)]
        reaching = [test for test in tests if mutant.number in test.reaches]
        reaching.sort(key=lambda test: likely.index(test.title) if test.title in likely and test.seconds < 5 else len(likely) + test.seconds)
        result = judge(mutant, reaching, tree.folder, regressions)
        if "by" in result:
            caught_by[mutant.file][result["by"]] += 1
        with SAY:
            results[key(mutant)] = result
            RESULTS.write_text(json.dumps(results, indent=1))
        say(f"{result['outcome']:9} {mutant.place}: {mutant.change} [{time.monotonic() - start:.1f} s]" + (f" by {result['by']}" if "by" in result else ""))

    with ThreadPoolExecutor(chosen.jobs) as pool:
        list(pool.map(one, waiting))
    alone = [m for m in now if m.number in tree.alone]
    for mutant in alone:
        if chosen.survivors and results.get(key(mutant), {}).get("outcome") in ("caught", "timeout", "unviable"):
            continue
        start = time.monotonic()
        result = judge_alone(mutant, tests, tree, regressions)
        results[key(mutant)] = result
        say(f"{result['outcome']:9} {mutant.place}: {mutant.change} [alone, {time.monotonic() - start:.1f} s]" + (f" by {result['by']}" if "by" in result else ""))

    RESULTS.write_text(json.dumps(results, indent=1))
    return report(everything, now, results, time.monotonic() - began)


def report(everything: list[Mutant], now: list[Mutant], results: dict, seconds: float) -> int:
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
    if seconds:
        say(f"\n{seconds:.0f} s")
    return 1 if unexplained or wrong else 0


def row(name: str, count: Counter) -> str:
    return f"| {name} | " + " | ".join(str(count[what]) for what in ("all", "caught", "timeout", "unviable", "explained", "unexplained")) + " |"


if __name__ == "__main__":
    sys.exit(main())
