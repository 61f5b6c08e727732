-- For each campaign, how many recorded sessions its filters match, live and once the plan is applied. For BigQuery, from a column of type STRING.
-- Suppression and caps are not in it: `campaignctl replay` decides those.
WITH source AS (
  SELECT `payload` AS line FROM `sessions`
), lines AS (
  SELECT line,
    JSON_QUERY(line, '$.contactId') AS contact,
    JSON_QUERY(line, '$.channelId') AS channel,
    JSON_QUERY(line, '$.sessionData') AS data,
    JSON_QUERY(line, '$.campaign') AS key_json,
    JSON_QUERY(line, '$.campaignId') AS id_json,
    JSON_VALUE(line, '$.campaign') AS named_key,
    JSON_VALUE(line, '$.campaignId') AS named_id,
    JSON_QUERY(line, '$.sessionData."external.churn_probability"') AS raw_0,
    JSON_QUERY(line, '$.sessionData."session.dwell_time_seconds"') AS raw_1,
    JSON_QUERY(line, '$.sessionData."contact.is_authenticated"') AS raw_2,
    JSON_QUERY(line, '$.sessionData."referrer.page"') AS raw_3,
    JSON_QUERY(line, '$.sessionData."browser.language"') AS raw_4,
    JSON_VALUE(line, '$.sessionData."referrer.page"') AS value_3,
    JSON_VALUE(line, '$.sessionData."browser.language"') AS value_4
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id,
    IF(REGEXP_CONTAINS(raw_0, r'^(0|-?[1-9][0-9]{0,19})$') AND SAFE_CAST(raw_0 AS BIGNUMERIC) BETWEEN CAST('-9223372036854775808' AS BIGNUMERIC) AND CAST('18446744073709551615' AS BIGNUMERIC), SAFE_CAST(raw_0 AS BIGNUMERIC), NULL) AS whole_0,
    IF(REGEXP_CONTAINS(raw_0, r'^-?[0-9]') AND NOT COALESCE(REGEXP_CONTAINS(raw_0, r'^(0|-?[1-9][0-9]{0,19})$') AND SAFE_CAST(raw_0 AS BIGNUMERIC) BETWEEN CAST('-9223372036854775808' AS BIGNUMERIC) AND CAST('18446744073709551615' AS BIGNUMERIC), FALSE) AND NOT IS_INF(SAFE_CAST(raw_0 AS FLOAT64)), SAFE_CAST(raw_0 AS FLOAT64), NULL) AS float_0,
    IF(REGEXP_CONTAINS(raw_1, r'^(0|-?[1-9][0-9]{0,19})$') AND SAFE_CAST(raw_1 AS BIGNUMERIC) BETWEEN CAST('-9223372036854775808' AS BIGNUMERIC) AND CAST('18446744073709551615' AS BIGNUMERIC), SAFE_CAST(raw_1 AS BIGNUMERIC), NULL) AS whole_1,
    CASE raw_2 WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END AS boolean_2,
    IF(STARTS_WITH(raw_3, '"'), value_3, NULL) AS text_3,
    IF(STARTS_WITH(raw_4, '"'), value_4, NULL) AS text_4
  FROM lines
  WHERE (key_json IS NULL OR key_json = 'null' OR STARTS_WITH(key_json, '"')) AND (id_json IS NULL OR id_json = 'null' OR STARTS_WITH(id_json, '"'))
    AND STARTS_WITH(contact, '"') AND contact <> '""' AND STARTS_WITH(channel, '"') AND channel <> '""' AND STARTS_WITH(data, '{')
), decided AS (
  SELECT line,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND (whole_0 > CAST('0' AS BIGNUMERIC) OR float_0 > CAST('0.8' AS FLOAT64)) AND whole_1 >= CAST('45' AS BIGNUMERIC) AND boolean_2 = TRUE, FALSE) AS match_0,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND (whole_0 > CAST('0' AS BIGNUMERIC) OR float_0 > CAST('0.72' AS FLOAT64)) AND whole_1 >= CAST('45' AS BIGNUMERIC) AND boolean_2 = TRUE, FALSE) AS match_1,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c1') AND (named_id IS NULL OR named_id = 'id-1')) AND STARTS_WITH(text_3, '/pricing/it\'s 100%') AND (text_4 IS NOT NULL AND text_4 NOT IN ('de', 'en-US')), FALSE) AS match_2,
    COALESCE((NOT named OR named_key IS NULL AND (named_id IS NULL OR named_id = 'id-17')) AND STARTS_WITH(text_3, '/pricing/it\'s 100%') AND (text_4 IS NOT NULL AND text_4 NOT IN ('de', 'en-US')), FALSE) AS match_3
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
SELECT c.campaign AS campaign, c.campaign_id AS campaign_id, c.name AS name, c.sessions AS sessions, c.matched_live AS matched_live, c.matched_desired AS matched_desired, c.newly_matched AS newly_matched, c.no_longer_matched AS no_longer_matched
FROM counts, UNNEST([
    STRUCT(0 AS place, 'c0' AS campaign, 'id-0' AS campaign_id, 'Churn' AS name, sessions AS sessions, live_0 AS matched_live, desired_0 AS matched_desired, newly_0 AS newly_matched, lost_0 AS no_longer_matched),
    STRUCT(1 AS place, 'c1' AS campaign, 'id-1' AS campaign_id, 'Pricing \u2013 \u201cnew\u201d' AS name, sessions AS sessions, 0 AS matched_live, desired_1 AS matched_desired, desired_1 AS newly_matched, 0 AS no_longer_matched),
    STRUCT(2 AS place, 'c3' AS campaign, CAST(NULL AS STRING) AS campaign_id, 'Off' AS name, sessions AS sessions, 0 AS matched_live, 0 AS matched_desired, 0 AS newly_matched, 0 AS no_longer_matched),
    STRUCT(3 AS place, CAST(NULL AS STRING) AS campaign, 'id-17' AS campaign_id, 'Nobody\'s' AS name, sessions AS sessions, live_3 AS matched_live, 0 AS matched_desired, 0 AS newly_matched, live_3 AS no_longer_matched)
  ]) AS c
ORDER BY c.place;
