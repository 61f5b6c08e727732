"""Writes recorded sessions and a DuckDB query for the campaigns of replay.sh: replay_sessions.py SESSIONS CAMPAIGNS FOLDER

    sessions.ndjson   one session a line, the same on every run
    typed.sql         counts the matches of each campaign over typed columns, the fastest way that DuckDB has
"""

import random
import sys

sessions, campaigns, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
dice = random.Random(20261121)
pages = [f"/pricing/{number}" for number in range(campaigns)] + [f"/docs/chapter-{number}" for number in range(50)] + ["/", "/cart"]
with open(f"{folder}/sessions.ndjson", "w", encoding="utf-8") as out:
    for number in range(sessions):
        second = number * 86400 // sessions
        time = f"2026-11-20T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        out.write(
            f'{{"contactId":"ext:customer_{dice.randrange(sessions // 3 + 1)}","channelId":"webchat:primary","sessionData":'
            f'{{"referrer.page":"{dice.choice(pages)}","external.churn_probability":{dice.randrange(1000) / 1000},'
            f'"session.dwell_time_seconds":{dice.randrange(600)},"contact.is_authenticated":{dice.choice(("true", "false"))},'
            f'"browser.language":"{dice.choice(("de", "en-US", "fr"))}","session.page_views":{dice.randrange(30)},'
            f'"external.lifetime_value":{dice.randrange(100000) / 100}}},'
            f'"evaluationContext":{{"timestamp":"{time}","requestId":"{number:012x}"}}}}\n'
        )


def condition(number):
    return f"starts_with(page, '/pricing/{number}') AND churn > 0.72 AND dwell > {10 + number % 100}"


counts = ",\n  ".join(f"count(*) FILTER ({condition(number)})" for number in range(campaigns))
columns = 'STRUCT("referrer.page" VARCHAR, "external.churn_probability" DOUBLE, "session.dwell_time_seconds" BIGINT)'
with open(f"{folder}/typed.sql", "w", encoding="utf-8") as out:
    out.write(
        f"""WITH session AS (
  SELECT sessionData."referrer.page" AS page, sessionData."external.churn_probability" AS churn,
    sessionData."session.dwell_time_seconds" AS dwell
  FROM read_ndjson('{folder}/sessions.ndjson', columns = {{sessionData: '{columns}'}})
)
SELECT {counts}
FROM session
"""
    )
