-- For each campaign, how many recorded sessions its filters match, live and once the plan is applied. For Snowflake, from a column of type VARIANT.
-- Suppression and caps are not in it: `campaignctl replay` decides those.
WITH source AS (
  SELECT "line; --" AS line FROM shop."web (x)"."it's; sessions"
), lines AS (
  SELECT line,
    CASE WHEN TYPEOF(GET(line, 'contactId')) = 'VARCHAR' THEN CAST(GET(line, 'contactId') AS VARCHAR) END AS contact,
    CASE WHEN TYPEOF(GET(line, 'channelId')) = 'VARCHAR' THEN CAST(GET(line, 'channelId') AS VARCHAR) END AS channel,
    TYPEOF(GET(line, 'sessionData')) AS data,
    CASE WHEN TYPEOF(GET(line, 'campaign')) = 'VARCHAR' THEN CAST(GET(line, 'campaign') AS VARCHAR) END AS named_key,
    CASE WHEN TYPEOF(GET(line, 'campaignId')) = 'VARCHAR' THEN CAST(GET(line, 'campaignId') AS VARCHAR) END AS named_id,
    GET(GET(line, 'sessionData'), ('''; DROP TABLE sessions; -- " ` \\ ' || CHR(10) || ' ' || CHR(0) || ' ' || CHR(27) || '[31m ' || CHR(8238) || ' é ' || CHR(128512) || ' */ ${x} ##' || CHR(91) || 'add-mask]')) AS value_0,
    GET(GET(line, 'sessionData'), 'a.b') AS value_1,
    GET(GET(line, 'sessionData'), '') AS value_2
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id,
    CASE WHEN TYPEOF(value_0) = 'VARCHAR' THEN CAST(value_0 AS VARCHAR) END AS text_0,
    CASE WHEN TYPEOF(value_1) = 'INTEGER' AND TRY_TO_NUMBER(TO_VARCHAR(value_1), 38, 0) BETWEEN CAST('-9223372036854775808' AS NUMBER(38, 0)) AND CAST('18446744073709551615' AS NUMBER(38, 0)) THEN TRY_TO_NUMBER(TO_VARCHAR(value_1), 38, 0) END AS whole_1,
    CASE WHEN TYPEOF(value_1) = 'INTEGER' AND TRY_TO_NUMBER(TO_VARCHAR(value_1), 38, 0) BETWEEN CAST('-9223372036854775808' AS NUMBER(38, 0)) AND CAST('18446744073709551615' AS NUMBER(38, 0)) THEN NULL WHEN TYPEOF(value_1) IN ('INTEGER', 'DECIMAL', 'DOUBLE') THEN CAST(value_1 AS DOUBLE) END AS float_1,
    CASE WHEN TYPEOF(value_2) = 'VARCHAR' THEN CAST(value_2 AS VARCHAR) END AS text_2
  FROM lines
  WHERE contact <> '' AND channel <> '' AND data = 'OBJECT'
    AND COALESCE(TYPEOF(GET(line, 'campaign')), 'NULL_VALUE') IN ('VARCHAR', 'NULL_VALUE')
    AND COALESCE(TYPEOF(GET(line, 'campaignId')), 'NULL_VALUE') IN ('VARCHAR', 'NULL_VALUE')
), decided AS (
  SELECT line,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND CONTAINS(text_0, ('''; DROP TABLE sessions; -- " ` \\ ' || CHR(10) || ' ' || CHR(0) || ' ' || CHR(27) || '[31m ' || CHR(8238) || ' é ' || CHR(128512) || ' */ ${x} ##' || CHR(91) || 'add-mask]')) AND text_0 <> '\\' AND (whole_1 IN (CAST('0' AS NUMBER(38, 0)), CAST('1' AS NUMBER(38, 0)), CAST('18446744073709551615' AS NUMBER(38, 0)), CAST('36893488147419103232' AS NUMBER(38, 0)), CAST('9007199254740993' AS NUMBER(38, 0))) OR float_1 IN (CAST('0.0' AS DOUBLE), CAST('1.0' AS DOUBLE), CAST('1e300' AS DOUBLE))) AND (whole_1 < CAST('9007199254740993' AS NUMBER(38, 0)) OR float_1 <= CAST('9007199254740992.0' AS DOUBLE)) AND text_2 IS NOT NULL, FALSE) AS match_0,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c2') AND (named_id IS NULL OR named_id = 'id-2')) AND TRUE, FALSE) AS match_1
  FROM session
), counts AS (
  SELECT COUNT(*) AS sessions,
    COUNT(CASE WHEN match_0 THEN 1 END) AS desired_0,
    COUNT(CASE WHEN match_1 THEN 1 END) AS desired_2
  FROM decided
)
SELECT CAST(GET(c.value, 1) AS VARCHAR) AS campaign, CAST(GET(c.value, 2) AS VARCHAR) AS campaign_id, CAST(GET(c.value, 3) AS VARCHAR) AS name, CAST(GET(c.value, 4) AS NUMBER(38, 0)) AS sessions, CAST(GET(c.value, 5) AS NUMBER(38, 0)) AS matched_live, CAST(GET(c.value, 6) AS NUMBER(38, 0)) AS matched_desired, CAST(GET(c.value, 7) AS NUMBER(38, 0)) AS newly_matched, CAST(GET(c.value, 8) AS NUMBER(38, 0)) AS no_longer_matched
FROM counts, LATERAL FLATTEN(INPUT => ARRAY_CONSTRUCT(
    ARRAY_CONSTRUCT(0, 'c0', 'id-0', ('''; DROP TABLE sessions; -- " ` \\ ' || CHR(10) || ' ' || CHR(0) || ' ' || CHR(27) || '[31m ' || CHR(8238) || ' é ' || CHR(128512) || ' */ ${x} ##' || CHR(91) || 'add-mask]'), sessions, 0, desired_0, desired_0, 0),
    ARRAY_CONSTRUCT(1, 'c1', 'id-1', ('it''s "1" \\ %''; DROP TABLE x; -- ' || CHR(27) || '[31m' || CHR(10)), sessions, 0, 0, 0, 0),
    ARRAY_CONSTRUCT(2, 'c2', 'id-2', ('it''s "2" \\ %''; DROP TABLE x; -- ' || CHR(27) || '[31m' || CHR(10)), sessions, 0, desired_2, desired_2, 0)
  )) AS c
ORDER BY CAST(GET(c.value, 0) AS NUMBER(38, 0));
