-- name: event_insert
INSERT INTO event (id, kind, channel_id, account_id, subject, audience, created_at)
VALUES (%lld, %lld, %lld, %lld, %lld, %s, %lld);
-- name: event_oldest
SELECT id, created_at FROM event WHERE id > %lld AND id < %lld ORDER BY id LIMIT %lld;
-- name: event_clean
DELETE FROM event WHERE id > %lld AND id <= %lld;

-- name: once_insert
INSERT INTO idempotency (key, request_hash, result, created_at) VALUES (%s, %s, %lld, %lld)
ON CONFLICT DO NOTHING;
-- name: once_find
SELECT request_hash, result FROM idempotency WHERE key = %s;
-- name: once_clean
DELETE FROM idempotency WHERE key IN
    (SELECT key FROM idempotency WHERE created_at < %lld ORDER BY created_at LIMIT %lld);

-- name: outbox_insert
INSERT INTO outbox (room_id, kind, account_id, target, payload, state, next_at, created_at, done_at)
VALUES (%lld, %lld, %lld, %s, %s, %lld, %lld, %lld, %lld)
RETURNING id;
-- name: outbox_list
SELECT o.id, o.room_id, o.kind, a.name, o.target, o.payload, o.state, o.attempts, o.next_at,
    o.reason, o.created_at, o.done_at
FROM outbox o LEFT JOIN account a ON a.id = o.account_id
WHERE o.id > %lld ORDER BY o.id LIMIT %lld;
-- name: outbox_retry
UPDATE outbox SET state = 0, attempts = 0, next_at = %lld, since = %lld, claimed = 0, reason = NULL,
    done_at = NULL
WHERE id = %lld AND state <> 1;
-- name: outbox_clean
DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE done_at < %lld LIMIT %lld);

-- name: link_find
SELECT kind, discord_id, name FROM discord_link WHERE account_id = %lld AND name_key = %s;
-- name: link_put
INSERT INTO discord_link (account_id, name_key, name, kind, discord_id, created_at)
VALUES (%lld, %s, %s, %lld, %s, %lld)
ON CONFLICT (account_id, name_key) DO UPDATE
SET name = EXCLUDED.name, kind = EXCLUDED.kind, discord_id = EXCLUDED.discord_id;
-- name: link_delete
DELETE FROM discord_link WHERE account_id = %lld AND name_key = %s;
-- name: link_list
SELECT a.name, l.name, l.kind, l.discord_id FROM discord_link l JOIN account a ON a.id = l.account_id
WHERE a.room_id = %lld ORDER BY a.name_key, l.name_key;
