"""Times commands in turns, so that a noisy moment hits all of them, and prints a table.

    time_in_turns.py RUNS EXPECTED LOG {-- LABEL COMMAND...}...

Every run must succeed and print a line that starts with EXPECTED. Wall time is from the spawn to the end of the process,
resident memory is the peak the kernel reports. The kernel starts that peak at the size of the process that spawns, so a
command smaller than this helper would show the helper's size.
"""

import os
import sys
import time

runs, expected, log = int(sys.argv[1]), sys.argv[2], sys.argv[3]
commands = []
for word in sys.argv[4:]:
    if word == "--":
        commands.append([])
    else:
        commands[-1].append(word)
actions = [
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    (os.POSIX_SPAWN_DUP2, 1, 2),
]


def once(label, command):
    began = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - began
    with open(log, encoding="utf-8") as said:
        text = said.read()
    if os.waitstatus_to_exitcode(status) != 0 or not any(line.startswith(expected) for line in text.splitlines()):
        sys.exit(f"{text[-2000:]}\n{label} did not say: {expected}")
    return wall, usage.ru_maxrss


def load():
    return "%.2f %.2f %.2f" % os.getloadavg()


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


before = load()
measured = [[] for _ in commands]
for turn in range(runs + 1):
    for (label, *command), results in zip(commands, measured):
        result = once(label, command)
        if turn > 0:
            results.append(result)

unit = 1 if sys.platform == "darwin" else 1024
print(f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores, load before {before}, after {load()}")
print(f"all report: {expected}\n")
print(f"{'':34}{'median s':>10}{'min s':>10}{'max s':>10}{'peak MB':>10}")
medians = []
for (label, *_), results in zip(commands, measured):
    walls = [wall for wall, _ in results]
    peak = max(peak for _, peak in results) * unit / 1e6
    medians.append((label, median(walls), peak))
    print(f"{label:34}{median(walls):10.3f}{min(walls):10.3f}{max(walls):10.3f}{peak:10.1f}")
if len(medians) > 1:
    print()
    name, slow, large = medians[-1]
    for label, fast, small in medians[:-1]:
        print(f"{name} / {label}: {slow / fast:.1f} x the time, {large / small:.1f} x the memory")
