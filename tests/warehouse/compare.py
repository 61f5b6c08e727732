"""Runs the statements in engines, and compares each session's row with what campaignctl's own evaluator says."""

import json
import sys
from collections import Counter
from pathlib import Path

def in_duckdb(files, lines):
    import duckdb

    engine = duckdb.connect()
    engine.execute('''CREATE TABLE "odd 'table; --" ("odd 'column) --" VARCHAR)''')
    engine.executemany('''INSERT INTO "odd 'table; --" VALUES (?)''', [[line] for line in lines])
    for name in ("rows", "counts"):
        result = engine.execute((files / f"DuckDB.{name}.sql").read_text())
        yield [dict(zip([column[0] for column in result.description], row)) for row in result.fetchall()]


def in_clickhouse(files, lines):
    from chdb import session as chdb

    engine = chdb.Session()
    engine.query("CREATE DATABASE IF NOT EXISTS compared ENGINE = Atomic")
    engine.query("USE compared")
    engine.query("CREATE TABLE `odd 'table; --` (`odd 'column) --` String) ENGINE = Memory")
    raw = files / "lines.ndjson"
    raw.write_text("".join(json.dumps({"line": line}) + "\n" for line in lines))
    engine.query(f"INSERT INTO `odd 'table; --` SELECT line FROM file('{raw}', 'JSONEachRow', 'line String')")
    for name in ("rows", "counts"):
        text = (files / f"ClickHouse.{name}.sql").read_text().rstrip().removesuffix(";")
        yield [json.loads(row) for row in str(engine.query(text, "JSONEachRow")).splitlines()]


def compare(engine, answers, expected):
    rows, counts = answers
    lines = {}
    for session in expected:
        lines.setdefault(session["line"], []).append(session)
    found = Counter(
        (row["line"], row["campaign"], row["campaign_id"], bool(row["matched_live"]), bool(row["matched_desired"])) for row in rows
    )
    wanted = Counter((session["line"], *match) for session in expected for match in session["matched"])
    wrong = [(*row, "only in the engine") for row in (found - wanted).elements()]
    wrong += [(*row, "only in campaignctl") for row in (wanted - found).elements()]
    totals = Counter()
    for _, key, name, live, desired in wanted.elements():
        totals[key, name, "matched_live"] += live
        totals[key, name, "matched_desired"] += desired
        totals[key, name, "newly_matched"] += desired and not live
        totals[key, name, "no_longer_matched"] += live and not desired
    sessions = sum(session["session"] for session in expected)
    for row in counts:
        for column in ("matched_live", "matched_desired", "newly_matched", "no_longer_matched"):
            if int(row[column]) != totals[row["campaign"], row["campaign_id"], column]:
                wrong.append((row["campaign"], row["campaign_id"], column, row[column]))
        if int(row["sessions"]) != sessions:
            wrong.append(("sessions", row["sessions"], sessions))
    for difference in wrong[:10]:
        print(f"  {difference}", file=sys.stderr)
    print(f"{engine}: {sessions} sessions, {len(counts)} campaigns, {sum(wanted.values())} matches, {len(wrong)} differences")
    # An answer to nothing would have no difference either.
    return not wrong and len(counts) > 500 and sum(wanted.values()) > 40_000


def main():
    files = Path(sys.argv[1])
    expected = [json.loads(line) for line in (files / "expected.ndjson").read_text().splitlines()]
    good = True
    if "duckdb" in sys.argv[2:]:
        good &= compare("DuckDB", list(in_duckdb(files, [session["line"] for session in expected])), expected)
    if "clickhouse" in sys.argv[2:]:
        # What docs/warehouse.md says ClickHouse cannot tell apart.
        plain = [session for session in expected if not session["exotic"]]
        good &= compare("ClickHouse", list(in_clickhouse(files, [session["line"] for session in plain])), plain)
    sys.exit(0 if good else 1)


main()
