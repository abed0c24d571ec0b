-- Cleaning, checks and totals.

-- name: session_clean
DELETE FROM session WHERE hash IN
    (SELECT hash FROM session WHERE used_at <= %lld ORDER BY used_at LIMIT %lld);

-- name: site_totals
SELECT (SELECT count(*) FROM chatroom), (SELECT count(*) FROM account WHERE state <> 3),
    (SELECT count(*) FROM channel WHERE deleted_at IS NULL), (SELECT count(*) FROM message);

-- name: database_bytes sqlite
SELECT page_count * page_size FROM pragma_page_count, pragma_page_size;

-- name: database_bytes pgsql
SELECT pg_database_size(current_database());

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

-- name: event_oldest
SELECT id, created_at FROM event WHERE id > %lld AND id < %lld ORDER BY id LIMIT %lld;

-- name: event_clean
DELETE FROM event WHERE id > %lld AND id <= %lld;

-- name: once_clean
DELETE FROM idempotency WHERE key IN
    (SELECT key FROM idempotency WHERE created_at < %lld ORDER BY created_at LIMIT %lld);

-- name: assertion_clean
DELETE FROM assertion_used WHERE hash IN
    (SELECT hash FROM assertion_used WHERE expires_at < %lld ORDER BY expires_at LIMIT %lld);

-- name: outbox_clean
DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE done_at < %lld LIMIT %lld);

-- name: invite_clean
DELETE FROM invite WHERE id IN (SELECT id FROM invite WHERE expires_at < %lld LIMIT %lld);

-- The oldest of a chatroom, to find how far a clean-up goes.
-- name: message_oldest
SELECT id, created_at FROM message WHERE id > %lld AND id < %lld ORDER BY id LIMIT %lld;

-- name: message_clean_recipients
DELETE FROM recipient WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_gaps
DELETE FROM recipient_gap WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_replies
DELETE FROM reply_state WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_versions
DELETE FROM message_version WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_reactions
DELETE FROM reaction WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_mentions
DELETE FROM mention WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean
DELETE FROM message WHERE id > %lld AND id <= %lld;

-- name: anonymous_session_clean
DELETE FROM visitor_ended WHERE hash IN
    (SELECT hash FROM visitor_ended WHERE ended_at < %lld ORDER BY ended_at LIMIT %lld);
