-- The log of what moderators did.

-- name: audit_insert
INSERT INTO audit (room_id, at, actor_id, actor_name, act, target, target_id, message_id,
    channel_id, reason)
VALUES (%lld, %lld, %lld, %s, %s, %s, %lld, %lld, %lld, %s);

-- part: audit
id, at, actor_name, act, target, message_id, reason FROM audit;

-- name: audit_page
SELECT {audit} WHERE room_id = %lld AND id < %lld ORDER BY id DESC LIMIT %lld;

-- name: audit_page_target
SELECT {audit} WHERE room_id = %lld AND target_id = %lld AND id < %lld ORDER BY id DESC LIMIT %lld;

-- name: audit_seen
SELECT id FROM audit
WHERE room_id = %lld AND target_id = %lld AND message_id = %lld AND actor_id = %lld AND act = 'read'
LIMIT 1;

-- name: audit_count
SELECT count(*) FROM audit WHERE room_id = %lld AND target_id = %lld AND act <> 'read';
