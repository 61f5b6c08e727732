-- For each campaign, how many recorded sessions its filters match. For DuckDB, from a column of type JSON or VARCHAR.
-- Suppression and caps are not in it: `campaignctl replay` decides those.
WITH source AS (
  SELECT "payload" AS line FROM "sessions"
), lines AS (
  SELECT line, TRY_CAST(line AS JSON) AS body FROM source
), named AS (
  SELECT line, body, json_keys(body, '$.sessionData') AS names FROM lines WHERE json_type(body, '$.sessionData') = 'OBJECT'
), read AS (
  SELECT line,
    UNNEST([{'types': CASE WHEN len(names) = len(list_distinct(names)) THEN json_type(body, ['/contactId', '/channelId', '/sessionData', '/campaign', '/campaignId', '/sessionData/external.churn_probability', '/sessionData/session.dwell_time_seconds', '/sessionData/contact.is_authenticated', '/sessionData/referrer.page', '/sessionData/browser.language'])
      ELSE list_concat(json_type(body, ['/contactId', '/channelId', '/sessionData', '/campaign', '/campaignId']), [list_reverse(json_type(body, '$.sessionData.*'))[list_position(list_reverse(names), 'external.churn_probability')], list_reverse(json_type(body, '$.sessionData.*'))[list_position(list_reverse(names), 'session.dwell_time_seconds')], list_reverse(json_type(body, '$.sessionData.*'))[list_position(list_reverse(names), 'contact.is_authenticated')], list_reverse(json_type(body, '$.sessionData.*'))[list_position(list_reverse(names), 'referrer.page')], list_reverse(json_type(body, '$.sessionData.*'))[list_position(list_reverse(names), 'browser.language')]]) END,
    'texts': CASE WHEN len(names) = len(list_distinct(names)) THEN json_extract_string(body, ['/contactId', '/channelId', '/sessionData', '/campaign', '/campaignId', '/sessionData/external.churn_probability', '/sessionData/session.dwell_time_seconds', '/sessionData/contact.is_authenticated', '/sessionData/referrer.page', '/sessionData/browser.language'])
      ELSE list_concat(json_extract_string(body, ['/contactId', '/channelId', '/sessionData', '/campaign', '/campaignId']), [list_reverse(json_extract_string(body, '$.sessionData.*'))[list_position(list_reverse(names), 'external.churn_probability')], list_reverse(json_extract_string(body, '$.sessionData.*'))[list_position(list_reverse(names), 'session.dwell_time_seconds')], list_reverse(json_extract_string(body, '$.sessionData.*'))[list_position(list_reverse(names), 'contact.is_authenticated')], list_reverse(json_extract_string(body, '$.sessionData.*'))[list_position(list_reverse(names), 'referrer.page')], list_reverse(json_extract_string(body, '$.sessionData.*'))[list_position(list_reverse(names), 'browser.language')]]) END}]) AS field
  FROM named
), session AS (
  SELECT line,
    (texts[4] IS NOT NULL OR texts[5] IS NOT NULL) AS named,
    texts[4] AS named_key,
    texts[5] AS named_id,
    CASE WHEN types[6] = 'UBIGINT' OR (types[6] = 'BIGINT' AND texts[6] <> '0') THEN TRY_CAST(texts[6] AS HUGEINT) END AS whole_0,
    CASE WHEN (types[6] = 'DOUBLE' OR (types[6] = 'BIGINT' AND texts[6] = '0')) AND isfinite(TRY_CAST(texts[6] AS DOUBLE)) THEN TRY_CAST(texts[6] AS DOUBLE) END AS float_0,
    CASE WHEN types[7] = 'UBIGINT' OR (types[7] = 'BIGINT' AND texts[7] <> '0') THEN TRY_CAST(texts[7] AS HUGEINT) END AS whole_1,
    CASE WHEN types[8] = 'BOOLEAN' THEN texts[8] = 'true' END AS boolean_2,
    CASE WHEN types[9] = 'VARCHAR' THEN texts[9] END AS text_3,
    CASE WHEN types[10] = 'VARCHAR' THEN texts[10] END AS text_4
  FROM (SELECT line, field.types AS types, field.texts AS texts FROM read) AS fields
  WHERE types[1] = 'VARCHAR' AND texts[1] <> '' AND types[2] = 'VARCHAR' AND texts[2] <> ''
    AND COALESCE(types[4], 'NULL') IN ('VARCHAR', 'NULL') AND COALESCE(types[5], 'NULL') IN ('VARCHAR', 'NULL')
), decided AS (
  SELECT line,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND (whole_0 > CAST('0' AS HUGEINT) OR float_0 > CAST('0.8' AS DOUBLE)) AND whole_1 >= CAST('45' AS HUGEINT) AND boolean_2 = TRUE, FALSE) AS match_0,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND (whole_0 > CAST('0' AS HUGEINT) OR float_0 > CAST('0.72' AS DOUBLE)) AND whole_1 >= CAST('45' AS HUGEINT) AND boolean_2 = TRUE, FALSE) AS match_1,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c1') AND (named_id IS NULL OR named_id = 'id-1')) AND STARTS_WITH(text_3, '/pricing/it''s 100%') AND (text_4 IS NOT NULL AND text_4 NOT IN ('de', 'en-US')), FALSE) AS match_2,
    COALESCE((NOT named OR named_key IS NULL AND (named_id IS NULL OR named_id = 'id-17')) AND STARTS_WITH(text_3, '/pricing/it''s 100%') AND (text_4 IS NOT NULL AND text_4 NOT IN ('de', 'en-US')), FALSE) AS match_3
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
SELECT c.campaign AS campaign, c.campaign_id AS campaign_id, c.name AS name, c.sessions AS sessions, c.matched_desired AS matched_desired
FROM (SELECT UNNEST([
    {'place': 0, 'campaign': 'c0', 'campaign_id': 'id-0', 'name': 'Churn', 'sessions': sessions, 'matched_desired': desired_0},
    {'place': 1, 'campaign': 'c1', 'campaign_id': 'id-1', 'name': ('Pricing ' || chr(8211) || ' ' || chr(8220) || 'new' || chr(8221)), 'sessions': sessions, 'matched_desired': desired_1},
    {'place': 2, 'campaign': 'c3', 'campaign_id': CAST(NULL AS VARCHAR), 'name': 'Off', 'sessions': sessions, 'matched_desired': 0},
    {'place': 3, 'campaign': CAST(NULL AS VARCHAR), 'campaign_id': 'id-17', 'name': 'Nobody''s', 'sessions': sessions, 'matched_desired': 0}
  ]) AS c FROM counts) AS unfolded
ORDER BY c.place;
