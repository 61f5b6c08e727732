-- For each campaign, how many recorded sessions its filters match, live and once the plan is applied. For ClickHouse, from a column of type String.
-- Suppression and caps are not in it: `campaignctl replay` decides those.
WITH source AS (
  SELECT `line; --` AS line FROM `shop`.`web (x)`.`it's; sessions`
), lines AS (
  SELECT line,
    CASE WHEN toString(JSONType(line, 'contactId')) = 'String' THEN JSONExtract(line, 'contactId', 'Nullable(String)') END AS contact,
    CASE WHEN toString(JSONType(line, 'channelId')) = 'String' THEN JSONExtract(line, 'channelId', 'Nullable(String)') END AS channel,
    toString(JSONType(line, 'sessionData')) AS data,
    CASE WHEN toString(JSONType(line, 'campaign')) = 'String' THEN JSONExtract(line, 'campaign', 'Nullable(String)') END AS named_key,
    CASE WHEN toString(JSONType(line, 'campaignId')) = 'String' THEN JSONExtract(line, 'campaignId', 'Nullable(String)') END AS named_id,
    toString(JSONType(line, 'sessionData', '\'; DROP TABLE sessions; -- " ` \\ \x0a \x00 \x1b[31m \xe2\x80\xae é \xf0\x9f\x98\x80 */ ${x} ##\x5badd-mask]')) AS kind_0,
    toString(JSONType(line, 'sessionData', 'a.b')) AS kind_1,
    toString(JSONType(line, 'sessionData', '')) AS kind_2
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id,
    CASE WHEN kind_0 = 'String' THEN JSONExtract(line, 'sessionData', '\'; DROP TABLE sessions; -- " ` \\ \x0a \x00 \x1b[31m \xe2\x80\xae é \xf0\x9f\x98\x80 */ ${x} ##\x5badd-mask]', 'Nullable(String)') END AS text_0,
    CASE WHEN kind_1 IN ('Int64', 'UInt64') THEN JSONExtract(line, 'sessionData', 'a.b', 'Nullable(Int128)') END AS whole_1,
    CASE WHEN kind_1 = 'Double' THEN JSONExtract(line, 'sessionData', 'a.b', 'Nullable(Float64)') + CAST('0.0' AS Float64) END AS float_1,
    CASE WHEN kind_2 = 'String' THEN JSONExtract(line, 'sessionData', '', 'Nullable(String)') END AS text_2
  FROM lines
  WHERE contact <> '' AND channel <> '' AND data = 'Object'
    AND toString(JSONType(line, 'campaign')) IN ('String', 'Null') AND toString(JSONType(line, 'campaignId')) IN ('String', 'Null')
), decided AS (
  SELECT line,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND position(text_0, '\'; DROP TABLE sessions; -- " ` \\ \x0a \x00 \x1b[31m \xe2\x80\xae é \xf0\x9f\x98\x80 */ ${x} ##\x5badd-mask]') > 0 AND text_0 <> '\\' AND (whole_1 IN (CAST('0' AS Int128), CAST('1' AS Int128), CAST('18446744073709551615' AS Int128), CAST('36893488147419103232' AS Int128), CAST('9007199254740993' AS Int128)) OR float_1 IN (CAST('0.0' AS Float64), CAST('1.0' AS Float64), CAST('1e300' AS Float64))) AND (whole_1 < CAST('9007199254740993' AS Int128) OR float_1 <= CAST('9007199254740992.0' AS Float64)) AND text_2 IS NOT NULL, FALSE) AS match_0,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c2') AND (named_id IS NULL OR named_id = 'id-2')) AND TRUE, FALSE) AS match_1
  FROM session
), counts AS (
  SELECT COUNT(*) AS sessions,
    COUNT(CASE WHEN match_0 THEN 1 END) AS desired_0,
    COUNT(CASE WHEN match_1 THEN 1 END) AS desired_2
  FROM decided
)
SELECT tupleElement(c, 2) AS campaign, tupleElement(c, 3) AS campaign_id, tupleElement(c, 4) AS name, tupleElement(c, 5) AS sessions, tupleElement(c, 6) AS matched_live, tupleElement(c, 7) AS matched_desired, tupleElement(c, 8) AS newly_matched, tupleElement(c, 9) AS no_longer_matched
FROM (SELECT arrayJoin([
    tuple(0, 'c0', 'id-0', '\'; DROP TABLE sessions; -- " ` \\ \x0a \x00 \x1b[31m \xe2\x80\xae é \xf0\x9f\x98\x80 */ ${x} ##\x5badd-mask]', sessions, 0, desired_0, desired_0, 0),
    tuple(1, 'c1', 'id-1', 'it\'s "1" \\ %\'; DROP TABLE x; -- \x1b[31m\x0a', sessions, 0, 0, 0, 0),
    tuple(2, 'c2', 'id-2', 'it\'s "2" \\ %\'; DROP TABLE x; -- \x1b[31m\x0a', sessions, 0, desired_2, desired_2, 0)
  ]) AS c FROM counts) AS unfolded
ORDER BY tupleElement(c, 1);
