-- For each campaign, how many recorded sessions its filters match. For Snowflake, from a column of type VARIANT.
-- Suppression and caps are not in it: `campaignctl replay` decides those.
WITH source AS (
  SELECT payload AS line FROM sessions
), lines AS (
  SELECT line,
    CASE WHEN TYPEOF(GET(line, 'contactId')) = 'VARCHAR' THEN CAST(GET(line, 'contactId') AS VARCHAR) END AS contact,
    CASE WHEN TYPEOF(GET(line, 'channelId')) = 'VARCHAR' THEN CAST(GET(line, 'channelId') AS VARCHAR) END AS channel,
    TYPEOF(GET(line, 'sessionData')) AS data,
    CASE WHEN TYPEOF(GET(line, 'campaign')) = 'VARCHAR' THEN CAST(GET(line, 'campaign') AS VARCHAR) END AS named_key,
    CASE WHEN TYPEOF(GET(line, 'campaignId')) = 'VARCHAR' THEN CAST(GET(line, 'campaignId') AS VARCHAR) END AS named_id,
    GET(GET(line, 'sessionData'), 'external.churn_probability') AS value_0,
    GET(GET(line, 'sessionData'), 'session.dwell_time_seconds') AS value_1,
    GET(GET(line, 'sessionData'), 'contact.is_authenticated') AS value_2,
    GET(GET(line, 'sessionData'), 'referrer.page') AS value_3,
    GET(GET(line, 'sessionData'), 'browser.language') AS value_4
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id,
    CASE WHEN TYPEOF(value_0) = 'INTEGER' AND TRY_TO_NUMBER(TO_VARCHAR(value_0), 38, 0) BETWEEN CAST('-9223372036854775808' AS NUMBER(38, 0)) AND CAST('18446744073709551615' AS NUMBER(38, 0)) THEN TRY_TO_NUMBER(TO_VARCHAR(value_0), 38, 0) END AS whole_0,
    CASE WHEN TYPEOF(value_0) = 'INTEGER' AND TRY_TO_NUMBER(TO_VARCHAR(value_0), 38, 0) BETWEEN CAST('-9223372036854775808' AS NUMBER(38, 0)) AND CAST('18446744073709551615' AS NUMBER(38, 0)) THEN NULL WHEN TYPEOF(value_0) IN ('INTEGER', 'DECIMAL', 'DOUBLE') THEN CAST(value_0 AS DOUBLE) END AS float_0,
    CASE WHEN TYPEOF(value_1) = 'INTEGER' AND TRY_TO_NUMBER(TO_VARCHAR(value_1), 38, 0) BETWEEN CAST('-9223372036854775808' AS NUMBER(38, 0)) AND CAST('18446744073709551615' AS NUMBER(38, 0)) THEN TRY_TO_NUMBER(TO_VARCHAR(value_1), 38, 0) END AS whole_1,
    CASE WHEN TYPEOF(value_2) = 'BOOLEAN' THEN CAST(value_2 AS BOOLEAN) END AS boolean_2,
    CASE WHEN TYPEOF(value_3) = 'VARCHAR' THEN CAST(value_3 AS VARCHAR) END AS text_3,
    CASE WHEN TYPEOF(value_4) = 'VARCHAR' THEN CAST(value_4 AS VARCHAR) END AS text_4
  FROM lines
  WHERE contact <> '' AND channel <> '' AND data = 'OBJECT'
    AND COALESCE(TYPEOF(GET(line, 'campaign')), 'NULL_VALUE') IN ('VARCHAR', 'NULL_VALUE')
    AND COALESCE(TYPEOF(GET(line, 'campaignId')), 'NULL_VALUE') IN ('VARCHAR', 'NULL_VALUE')
), decided AS (
  SELECT line,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND (whole_0 > CAST('0' AS NUMBER(38, 0)) OR float_0 > CAST('0.8' AS DOUBLE)) AND whole_1 >= CAST('45' AS NUMBER(38, 0)) AND boolean_2 = TRUE, FALSE) AS match_0,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND (whole_0 > CAST('0' AS NUMBER(38, 0)) OR float_0 > CAST('0.72' AS DOUBLE)) AND whole_1 >= CAST('45' AS NUMBER(38, 0)) AND boolean_2 = TRUE, FALSE) AS match_1,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c1') AND (named_id IS NULL OR named_id = 'id-1')) AND STARTSWITH(text_3, '/pricing/it''s 100%') AND (text_4 IS NOT NULL AND text_4 NOT IN ('de', 'en-US')), FALSE) AS match_2,
    COALESCE((NOT named OR named_key IS NULL AND (named_id IS NULL OR named_id = 'id-17')) AND STARTSWITH(text_3, '/pricing/it''s 100%') AND (text_4 IS NOT NULL AND text_4 NOT IN ('de', 'en-US')), FALSE) AS match_3
  FROM session
), counts AS (
  SELECT COUNT(*) AS sessions,
    COUNT(CASE WHEN match_0 THEN 1 END) AS live_0,
    COUNT(CASE WHEN match_1 THEN 1 END) AS desired_0,
    COUNT(CASE WHEN match_1 AND NOT match_0 THEN 1 END) AS newly_0,
    COUNT(CASE WHEN match_0 AND NOT match_1 THEN 1 END) AS lost_0,
    COUNT(CASE WHEN match_2 THEN 1 END) AS desired_1,
    COUNT(CASE WHEN match_3 THEN 1 END) AS live_3
  FROM decided
)
SELECT CAST(GET(c.value, 1) AS VARCHAR) AS campaign, CAST(GET(c.value, 2) AS VARCHAR) AS campaign_id, CAST(GET(c.value, 3) AS VARCHAR) AS name, CAST(GET(c.value, 4) AS NUMBER(38, 0)) AS sessions, CAST(GET(c.value, 5) AS NUMBER(38, 0)) AS matched_desired
FROM counts, LATERAL FLATTEN(INPUT => ARRAY_CONSTRUCT(
    ARRAY_CONSTRUCT(0, 'c0', 'id-0', 'Churn', sessions, desired_0),
    ARRAY_CONSTRUCT(1, 'c1', 'id-1', ('Pricing ' || CHR(8211) || ' ' || CHR(8220) || 'new' || CHR(8221)), sessions, desired_1),
    ARRAY_CONSTRUCT(2, 'c3', CAST(NULL AS VARCHAR), 'Off', sessions, 0),
    ARRAY_CONSTRUCT(3, CAST(NULL AS VARCHAR), 'id-17', 'Nobody''s', sessions, 0)
  )) AS c
ORDER BY CAST(GET(c.value, 0) AS NUMBER(38, 0));
