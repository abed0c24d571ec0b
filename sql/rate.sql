-- Rates that machines count together. An element of parts is a part of the window: its number, 20
-- bits, and in them its events; oldest first. The clock is the server's, which all share.

-- name: rate_take pgsql only
WITH t AS (SELECT clock / length AS part, length FROM
    (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS clock, %lld::bigint AS length) AS c)
INSERT INTO rate AS r (key, parts, ends)
SELECT %lld, ARRAY[part << 20 | %lld], (part + 60) * length FROM t
ON CONFLICT (key) DO UPDATE SET ends = GREATEST(r.ends, EXCLUDED.ends), parts =
    (SELECT array_agg(part << 20 | events ORDER BY part) FROM
        (SELECT p >> 20 AS part, sum(p & 1048575)::bigint AS events FROM unnest(r.parts || EXCLUDED.parts) AS p
         WHERE p >> 20 > (EXCLUDED.parts[1] >> 20) - 60 GROUP BY 1) AS kept)
WHERE (SELECT coalesce(sum(p & 1048575), 0) FROM unnest(r.parts) AS p
       WHERE p >> 20 > (EXCLUDED.parts[1] >> 20) - 60) + %lld <= %lld
RETURNING 1;

-- Seconds until there is room, no row when there is.
-- name: rate_wait pgsql only
SELECT greatest(((part + 60) * length - clock + 999999) / 1000000, 1) FROM
    (SELECT p >> 20 AS part, clock, length, sum(p & 1048575) OVER (ORDER BY p DESC) - (p & 1048575) AS newer,
        sum(p & 1048575) OVER () AS total
     FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS clock, %lld::bigint AS length) AS c,
        rate, unnest(parts) AS p
     WHERE key = %lld AND p >> 20 > clock / length - 60) AS q
WHERE total + %lld > %lld AND newer + %lld <= %lld ORDER BY part LIMIT 1;

-- The newest event.
-- name: rate_return pgsql only
UPDATE rate SET parts = parts[:cardinality(parts) - 1] ||
    CASE WHEN parts[cardinality(parts)] & 1048575 > 1 THEN ARRAY[parts[cardinality(parts)] - 1] ELSE '{}' END
WHERE key = %lld AND cardinality(parts) > 0;

-- name: rate_clear pgsql only
DELETE FROM rate WHERE key = %lld;

-- A line for each key: key, length and count of its rule, its events.
-- name: rate_tell pgsql only
INSERT INTO rate_told (node, key, length, count, parts, told_at)
SELECT %lld, split_part(line, ' ', 1)::bigint, split_part(line, ' ', 2)::bigint, split_part(line, ' ', 3)::bigint,
    split_part(line, ' ', 4), (extract(epoch FROM statement_timestamp()) * 1000000)::bigint
FROM unnest(string_to_array(%s, chr(10))) AS line
ON CONFLICT (key, node) DO UPDATE SET length = EXCLUDED.length, count = EXCLUDED.count, parts = EXCLUDED.parts,
    told_at = EXCLUDED.told_at;

-- Of the keys that others have told of lately, all that they told: a second more than since the
-- last time, for those whose commit came late.
-- name: rate_hear pgsql only
SELECT key, length, count, parts, (clock - told_at) / length, told_at
FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS clock) AS c, rate_told
WHERE node <> %lld AND told_at + 60 * length > clock
    AND key IN (SELECT key FROM rate_told WHERE told_at > %lld - 1000000 AND node <> %lld)
ORDER BY key;
