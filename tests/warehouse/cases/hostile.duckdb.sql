-- For each campaign, how many recorded sessions its filters match, live and once the plan is applied. For DuckDB, from a column of type JSON or VARCHAR.
-- Suppression and caps are not in it: `campaignctl replay` decides those.
WITH source AS (
  SELECT "line; --" AS line FROM "shop"."web (x)"."it's; sessions"
), lines AS (
  SELECT line, TRY_CAST(line AS JSON) AS body FROM source
), named AS (
  SELECT line, body, json_keys(body, '$.sessionData') AS names FROM lines WHERE json_type(body, '$.sessionData') = 'OBJECT'
), read AS (
  SELECT line,
    UNNEST([{'types': CASE WHEN len(names) = len(list_distinct(names)) THEN json_type(body, ['/contactId', '/channelId', '/sessionData', '/campaign', '/campaignId', ('/sessionData/''; DROP TABLE sessions; -- " ` \ ' || chr(10) || ' ' || chr(0) || ' ' || chr(27) || '[31m ' || chr(8238) || ' é ' || chr(128512) || ' *~1 ${x} ##' || chr(91) || 'add-mask]'), '/sessionData/a.b', '/sessionData/'])
      ELSE list_concat(json_type(body, ['/contactId', '/channelId', '/sessionData', '/campaign', '/campaignId']), [list_reverse(json_type(body, '$.sessionData.*'))[list_position(list_reverse(names), ('''; DROP TABLE sessions; -- " ` \ ' || chr(10) || ' ' || chr(0) || ' ' || chr(27) || '[31m ' || chr(8238) || ' é ' || chr(128512) || ' */ ${x} ##' || chr(91) || 'add-mask]'))], list_reverse(json_type(body, '$.sessionData.*'))[list_position(list_reverse(names), 'a.b')], list_reverse(json_type(body, '$.sessionData.*'))[list_position(list_reverse(names), '')]]) END,
    'texts': CASE WHEN len(names) = len(list_distinct(names)) THEN json_extract_string(body, ['/contactId', '/channelId', '/sessionData', '/campaign', '/campaignId', ('/sessionData/''; DROP TABLE sessions; -- " ` \ ' || chr(10) || ' ' || chr(0) || ' ' || chr(27) || '[31m ' || chr(8238) || ' é ' || chr(128512) || ' *~1 ${x} ##' || chr(91) || 'add-mask]'), '/sessionData/a.b', '/sessionData/'])
      ELSE list_concat(json_extract_string(body, ['/contactId', '/channelId', '/sessionData', '/campaign', '/campaignId']), [list_reverse(json_extract_string(body, '$.sessionData.*'))[list_position(list_reverse(names), ('''; DROP TABLE sessions; -- " ` \ ' || chr(10) || ' ' || chr(0) || ' ' || chr(27) || '[31m ' || chr(8238) || ' é ' || chr(128512) || ' */ ${x} ##' || chr(91) || 'add-mask]'))], list_reverse(json_extract_string(body, '$.sessionData.*'))[list_position(list_reverse(names), 'a.b')], list_reverse(json_extract_string(body, '$.sessionData.*'))[list_position(list_reverse(names), '')]]) END}]) AS field
  FROM named
), session AS (
  SELECT line,
    (texts[4] IS NOT NULL OR texts[5] IS NOT NULL) AS named,
    texts[4] AS named_key,
    texts[5] AS named_id,
    CASE WHEN types[6] = 'VARCHAR' THEN texts[6] END AS text_0,
    CASE WHEN types[7] = 'UBIGINT' OR (types[7] = 'BIGINT' AND texts[7] <> '0') THEN TRY_CAST(texts[7] AS HUGEINT) END AS whole_1,
    CASE WHEN (types[7] = 'DOUBLE' OR (types[7] = 'BIGINT' AND texts[7] = '0')) AND isfinite(TRY_CAST(texts[7] AS DOUBLE)) THEN TRY_CAST(texts[7] AS DOUBLE) END AS float_1,
    CASE WHEN types[8] = 'VARCHAR' THEN texts[8] END AS text_2
  FROM (SELECT line, field.types AS types, field.texts AS texts FROM read) AS fields
  WHERE types[1] = 'VARCHAR' AND texts[1] <> '' AND types[2] = 'VARCHAR' AND texts[2] <> ''
    AND COALESCE(types[4], 'NULL') IN ('VARCHAR', 'NULL') AND COALESCE(types[5], 'NULL') IN ('VARCHAR', 'NULL')
), decided AS (
  SELECT line,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND CONTAINS(text_0, ('''; DROP TABLE sessions; -- " ` \ ' || chr(10) || ' ' || chr(0) || ' ' || chr(27) || '[31m ' || chr(8238) || ' é ' || chr(128512) || ' */ ${x} ##' || chr(91) || 'add-mask]')) AND text_0 <> '\' AND (whole_1 IN (CAST('0' AS HUGEINT), CAST('1' AS HUGEINT), CAST('18446744073709551615' AS HUGEINT), CAST('36893488147419103232' AS HUGEINT), CAST('9007199254740993' AS HUGEINT)) OR float_1 IN (CAST('0.0' AS DOUBLE), CAST('1.0' AS DOUBLE), CAST('1e300' AS DOUBLE))) AND (whole_1 < CAST('9007199254740993' AS HUGEINT) OR float_1 <= CAST('9007199254740992.0' AS DOUBLE)) AND text_2 IS NOT NULL, FALSE) AS match_0,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c2') AND (named_id IS NULL OR named_id = 'id-2')) AND TRUE, FALSE) AS match_1
  FROM session
), counts AS (
  SELECT COUNT(*) AS sessions,
    COUNT(CASE WHEN match_0 THEN 1 END) AS desired_0,
    COUNT(CASE WHEN match_1 THEN 1 END) AS desired_2
  FROM decided
)
SELECT c.campaign AS campaign, c.campaign_id AS campaign_id, c.name AS name, c.sessions AS sessions, c.matched_live AS matched_live, c.matched_desired AS matched_desired, c.newly_matched AS newly_matched, c.no_longer_matched AS no_longer_matched
FROM (SELECT UNNEST([
    {'place': 0, 'campaign': 'c0', 'campaign_id': 'id-0', 'name': ('''; DROP TABLE sessions; -- " ` \ ' || chr(10) || ' ' || chr(0) || ' ' || chr(27) || '[31m ' || chr(8238) || ' é ' || chr(128512) || ' */ ${x} ##' || chr(91) || 'add-mask]'), 'sessions': sessions, 'matched_live': 0, 'matched_desired': desired_0, 'newly_matched': desired_0, 'no_longer_matched': 0},
    {'place': 1, 'campaign': 'c1', 'campaign_id': 'id-1', 'name': ('it''s "1" \ %''; DROP TABLE x; -- ' || chr(27) || '[31m' || chr(10)), 'sessions': sessions, 'matched_live': 0, 'matched_desired': 0, 'newly_matched': 0, 'no_longer_matched': 0},
    {'place': 2, 'campaign': 'c2', 'campaign_id': 'id-2', 'name': ('it''s "2" \ %''; DROP TABLE x; -- ' || chr(27) || '[31m' || chr(10)), 'sessions': sessions, 'matched_live': 0, 'matched_desired': desired_2, 'newly_matched': desired_2, 'no_longer_matched': 0}
  ]) AS c FROM counts) AS unfolded
ORDER BY c.place;
