"""Runs a query of replay.sh in DuckDB and prints the sum of all counts: replay_duckdb.py typed|strict FOLDER"""

import sys

import duckdb

way, folder = sys.argv[1:]
engine = duckdb.connect()
if way == "strict":
    engine.execute(f"CREATE VIEW sessions AS SELECT json AS payload FROM read_ndjson_objects('{folder}/sessions.ndjson')")
    with open(f"{folder}/strict.sql", encoding="utf-8") as query:
        matches = sum(row[4] for row in engine.execute(query.read()).fetchall())
else:
    with open(f"{folder}/typed.sql", encoding="utf-8") as query:
        matches = sum(engine.execute(query.read()).fetchone())
print(f"{matches} matches")
