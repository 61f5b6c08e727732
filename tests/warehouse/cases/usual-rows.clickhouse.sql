-- One row for each recorded session and each campaign whose filters it matches, live and once the plan is applied. For ClickHouse, from a column of type String.
-- Suppression and caps are not in it: `campaignctl replay` decides those.
WITH source AS (
  SELECT `payload` AS line FROM `sessions`
), lines AS (
  SELECT line,
    CASE WHEN toString(JSONType(line, 'contactId')) = 'String' THEN JSONExtract(line, 'contactId', 'Nullable(String)') END AS contact,
    CASE WHEN toString(JSONType(line, 'channelId')) = 'String' THEN JSONExtract(line, 'channelId', 'Nullable(String)') END AS channel,
    toString(JSONType(line, 'sessionData')) AS data,
    CASE WHEN toString(JSONType(line, 'campaign')) = 'String' THEN JSONExtract(line, 'campaign', 'Nullable(String)') END AS named_key,
    CASE WHEN toString(JSONType(line, 'campaignId')) = 'String' THEN JSONExtract(line, 'campaignId', 'Nullable(String)') END AS named_id,
    toString(JSONType(line, 'sessionData', 'external.churn_probability')) AS kind_0,
    toString(JSONType(line, 'sessionData', 'session.dwell_time_seconds')) AS kind_1,
    toString(JSONType(line, 'sessionData', 'contact.is_authenticated')) AS kind_2,
    toString(JSONType(line, 'sessionData', 'referrer.page')) AS kind_3,
    toString(JSONType(line, 'sessionData', 'browser.language')) AS kind_4
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id,
    CASE WHEN kind_0 IN ('Int64', 'UInt64') THEN JSONExtract(line, 'sessionData', 'external.churn_probability', 'Nullable(Int128)') END AS whole_0,
    CASE WHEN kind_0 = 'Double' THEN JSONExtract(line, 'sessionData', 'external.churn_probability', 'Nullable(Float64)') + CAST('0.0' AS Float64) END AS float_0,
    CASE WHEN kind_1 IN ('Int64', 'UInt64') THEN JSONExtract(line, 'sessionData', 'session.dwell_time_seconds', 'Nullable(Int128)') END AS whole_1,
    CASE WHEN kind_2 = 'Bool' THEN JSONExtract(line, 'sessionData', 'contact.is_authenticated', 'Nullable(Bool)') END AS boolean_2,
    CASE WHEN kind_3 = 'String' THEN JSONExtract(line, 'sessionData', 'referrer.page', 'Nullable(String)') END AS text_3,
    CASE WHEN kind_4 = 'String' THEN JSONExtract(line, 'sessionData', 'browser.language', 'Nullable(String)') END AS text_4
  FROM lines
  WHERE contact <> '' AND channel <> '' AND data = 'Object'
    AND toString(JSONType(line, 'campaign')) IN ('String', 'Null') AND toString(JSONType(line, 'campaignId')) IN ('String', 'Null')
), decided AS (
  SELECT line,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND (whole_0 > CAST('0' AS Int128) OR float_0 > CAST('0.8' AS Float64)) AND whole_1 >= CAST('45' AS Int128) AND boolean_2 = TRUE, FALSE) AS match_0,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c0') AND (named_id IS NULL OR named_id = 'id-0')) AND (whole_0 > CAST('0' AS Int128) OR float_0 > CAST('0.72' AS Float64)) AND whole_1 >= CAST('45' AS Int128) AND boolean_2 = TRUE, FALSE) AS match_1,
    COALESCE((NOT named OR (named_key IS NULL OR named_key = 'c1') AND (named_id IS NULL OR named_id = 'id-1')) AND startsWith(text_3, '/pricing/it\'s 100%') AND (text_4 IS NOT NULL AND text_4 NOT IN ('de', 'en-US')), FALSE) AS match_2,
    COALESCE((NOT named OR named_key IS NULL AND (named_id IS NULL OR named_id = 'id-17')) AND startsWith(text_3, '/pricing/it\'s 100%') AND (text_4 IS NOT NULL AND text_4 NOT IN ('de', 'en-US')), FALSE) AS match_3
  FROM session
)
SELECT line, tupleElement(c, 2) AS campaign, tupleElement(c, 3) AS campaign_id, tupleElement(c, 4) AS name, tupleElement(c, 5) AS matched_live, tupleElement(c, 6) AS matched_desired
FROM (SELECT line, arrayJoin([
    tuple(0, 'c0', 'id-0', 'Churn', match_0, match_1),
    tuple(1, 'c1', 'id-1', 'Pricing \xe2\x80\x93 \xe2\x80\x9cnew\xe2\x80\x9d', FALSE, match_2),
    tuple(3, CAST(NULL AS Nullable(String)), 'id-17', 'Nobody\'s', match_3, FALSE)
  ]) AS c FROM decided) AS unfolded
WHERE tupleElement(c, 5) OR tupleElement(c, 6);
