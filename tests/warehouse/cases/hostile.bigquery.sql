-- For each campaign, how many recorded sessions its filters match, live and once the plan is applied. For BigQuery, from a column of type STRING.
-- Suppression and caps are not in it: `campaignctl replay` decides those.
WITH source AS (
  SELECT `line; --` AS line FROM `shop`.`web (x)`.`it's; sessions`
), lines AS (
  SELECT line,
    JSON_QUERY(line, '$.contactId') AS contact,
    JSON_QUERY(line, '$.channelId') AS channel,
    JSON_QUERY(line, '$.sessionData') AS data,
    JSON_QUERY(line, '$.campaign') AS key_json,
    JSON_QUERY(line, '$.campaignId') AS id_json,
    JSON_VALUE(line, '$.campaign') AS named_key,
    JSON_VALUE(line, '$.campaignId') AS named_id,
    TO_JSON_STRING(SAFE.PARSE_JSON(line, wide_number_mode => 'round')['sessionData']['\'; DROP TABLE sessions; -- " ` \\ \u000a \u0000 \u001b[31m \u202e é \U0001f600 */ ${x} ##\u005badd-mask]']) AS raw_0,
    JSON_QUERY(line, '$.sessionData."a.b"') AS raw_1,
    TO_JSON_STRING(SAFE.PARSE_JSON(line, wide_number_mode => 'round')['sessionData']['']) AS raw_2,
    JSON_VALUE(SAFE.PARSE_JSON(line, wide_number_mode => 'round')['sessionData']['\'; DROP TABLE sessions; -- " ` \\ \u000a \u0000 \u001b[31m \u202e é \U0001f600 */ ${x} ##\u005badd-mask]']) AS value_0,
    JSON_VALUE(SAFE.PARSE_JSON(line, wide_number_mode => 'round')['sessionData']['']) AS value_2
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id,
    IF(STARTS_WITH(raw_0, '"'), value_0, NULL) AS text_0,
    IF(REGEXP_CONTAINS(raw_1, r'^(0|-?[1-9][0-9]{0,19})$') AND SAFE_CAST(raw_1 AS BIGNUMERIC) BETWEEN CAST('-9223372036854775808' AS BIGNUMERIC) AND CAST('18446744073709551615' AS BIGNUMERIC), SAFE_CAST(raw_1 AS BIGNUMERIC), NULL) AS whole_1,
    IF(REGEXP_CONTAINS(raw_1, r'^-?[0-9]') AND NOT COALESCE(REGEXP_CONTAINS(raw_1, r'^(0|-?[1-9][0-9]{0,19})$') AND SAFE_CAST(raw_1 AS BIGNUMERIC) BETWEEN CAST('-9223372036854775808' AS BIGNUMERIC) AND CAST('18446744073709551615' AS BIGNUMERIC), FALSE) AND NOT IS_INF(SAFE_CAST(raw_1 AS FLOAT64)), SAFE_CAST(raw_1 AS FLOAT64), NULL) AS float_1,
    IF(STARTS_WITH(raw_2, '"'), value_2, NULL) AS text_2
  FROM lines
  WHERE (key_json IS NULL OR key_json = 'null' OR STARTS_WITH(key_json, '"')) AND (id_json IS NULL OR id_json = 'null' OR STARTS_WITH(id_json, '"'))
    AND STARTS_WITH(contact, '"') AND contact <> '""' AND STARTS_WITH(channel, '"') AND channel <> '""' AND STARTS_WITH(data, '{')
), decided AS (
  SELECT line,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND STRPOS(text_0, '\'; DROP TABLE sessions; -- " ` \\ \u000a \u0000 \u001b[31m \u202e é \U0001f600 */ ${x} ##\u005badd-mask]') > 0 AND text_0 <> '\\' AND (whole_1 IN (CAST('0' AS BIGNUMERIC), CAST('1' AS BIGNUMERIC), CAST('18446744073709551615' AS BIGNUMERIC), CAST('36893488147419103232' AS BIGNUMERIC), CAST('9007199254740993' AS BIGNUMERIC)) OR float_1 IN (CAST('0.0' AS FLOAT64), CAST('1.0' AS FLOAT64), CAST('1e300' AS FLOAT64))) AND (whole_1 < CAST('9007199254740993' AS BIGNUMERIC) OR float_1 <= CAST('9007199254740992.0' AS FLOAT64)) AND text_2 IS NOT NULL, FALSE) AS match_0,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c2') AND (named_id IS NULL OR named_id = 'id-2')) AND TRUE, FALSE) AS match_1
  FROM session
), counts AS (
  SELECT COUNT(*) AS sessions,
    COUNT(CASE WHEN match_0 THEN 1 END) AS desired_0,
    COUNT(CASE WHEN match_1 THEN 1 END) AS desired_2
  FROM decided
)
SELECT c.campaign AS campaign, c.campaign_id AS campaign_id, c.name AS name, c.sessions AS sessions, c.matched_live AS matched_live, c.matched_desired AS matched_desired, c.newly_matched AS newly_matched, c.no_longer_matched AS no_longer_matched
FROM counts, UNNEST([
    STRUCT(0 AS place, 'c0' AS campaign, 'id-0' AS campaign_id, '\'; DROP TABLE sessions; -- " ` \\ \u000a \u0000 \u001b[31m \u202e é \U0001f600 */ ${x} ##\u005badd-mask]' AS name, sessions AS sessions, 0 AS matched_live, desired_0 AS matched_desired, desired_0 AS newly_matched, 0 AS no_longer_matched),
    STRUCT(1 AS place, 'c1' AS campaign, 'id-1' AS campaign_id, 'it\'s "1" \\ %\'; DROP TABLE x; -- \u001b[31m\u000a' AS name, sessions AS sessions, 0 AS matched_live, 0 AS matched_desired, 0 AS newly_matched, 0 AS no_longer_matched),
    STRUCT(2 AS place, 'c2' AS campaign, 'id-2' AS campaign_id, 'it\'s "2" \\ %\'; DROP TABLE x; -- \u001b[31m\u000a' AS name, sessions AS sessions, 0 AS matched_live, desired_2 AS matched_desired, desired_2 AS newly_matched, 0 AS no_longer_matched)
  ]) AS c
ORDER BY c.place;
