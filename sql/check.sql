-- Rules that no constraint holds; each counts the rows that break it.

-- name: check_counter
SELECT count(*) FROM chatroom r
WHERE EXISTS (SELECT 1 FROM message m WHERE m.id > r.id * 1099511627776 + r.last_number
        AND m.id < (r.id + 1) * 1099511627776)
    OR EXISTS (SELECT 1 FROM event e WHERE e.id > r.id * 1099511627776 + r.last_number
        AND e.id < (r.id + 1) * 1099511627776);
-- name: check_order
SELECT count(*) FROM (SELECT id / 1099511627776 AS room, created_at,
        LAG(created_at) OVER (PARTITION BY id / 1099511627776 ORDER BY id) AS before
    FROM message) AS m
WHERE created_at <= before;
-- name: check_event
SELECT count(*) FROM message m WHERE created_at > %lld
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.id = m.id);
-- name: check_direct
SELECT count(*) FROM message m WHERE m.recipients IS NOT NULL
    AND m.deleted_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = m.id);
-- Rows that refer to none; PostgreSQL does not let that happen.
-- name: check_references sqlite
SELECT COALESCE('row ' || rowid, 'a row') || ' of ' || "table" || ' refers to no ' || parent
FROM pragma_foreign_key_check;
-- name: check_references pgsql
SELECT NULL WHERE 1 = 0;
