-- Chatrooms, which are the tenants, and their counters of messages and events.

-- name: room_page
SELECT r.id, r.uuid, r.name, COALESCE(r.owner_id, 0), r.min_password, r.created_at, r.last_number,
    COALESCE(r.keep_seconds, -1), o.name,
    (SELECT count(*) FROM account a WHERE a.room_id = r.id AND a.state <> 3),
    (SELECT count(*) FROM channel c WHERE c.room_id = r.id AND c.deleted_at IS NULL)
FROM chatroom r LEFT JOIN account o ON o.id = r.owner_id
WHERE r.id > %lld ORDER BY r.id LIMIT %lld;

-- name: room_counter
SELECT last_number, last_time, COALESCE(keep_seconds, -1) FROM chatroom WHERE id = %lld;

-- name: room_counter_set
UPDATE chatroom SET last_number = %lld, last_time = %lld WHERE id = %lld;

-- name: room_take sqlite
SELECT last_number, last_time FROM chatroom WHERE id = %lld;

-- The time is taken when the row is held, and not before: a reader that found no writer
-- may have asked since. That needs the clock of PostgreSQL.
-- name: room_take pgsql
SELECT last_number,
    GREATEST(last_time, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) - 1)
FROM (SELECT last_number, last_time FROM chatroom WHERE id = %lld FOR NO KEY UPDATE) AS held;

-- part: chatroom
id, uuid, name, COALESCE(owner_id, 0), min_password, created_at, last_number,
    COALESCE(keep_seconds, -1)
FROM chatroom;

-- name: room_by_id
SELECT {chatroom} WHERE id = %lld;

-- name: room_by_uuid
SELECT {chatroom} WHERE uuid = %s;

-- name: room_list
SELECT {chatroom} ORDER BY id;

-- name: room_insert
INSERT INTO chatroom (id, uuid, name, created_at)
SELECT COALESCE(MAX(id), 0) + 1, %s, %s, %lld FROM chatroom WHERE id > 0
ON CONFLICT DO NOTHING
RETURNING id;

-- name: room_set_owner
UPDATE chatroom SET owner_id = %lld WHERE id = %lld;

-- name: room_set_keep
UPDATE chatroom SET keep_seconds = NULLIF(%lld, -1) WHERE id = %lld;

-- name: room_accounts
SELECT count(*) FROM account WHERE room_id = %lld AND state <> 3;

-- name: room_channels
SELECT count(*) FROM channel WHERE room_id = %lld AND deleted_at IS NULL;

-- name: room_messages
SELECT count(*) FROM message WHERE id > %lld AND id < %lld;

-- Waits for the holder of the chatroom's counter; on SQLite the queue of writers does that.
-- name: room_settle sqlite
SELECT id FROM chatroom WHERE uuid = %s;

-- name: room_settle pgsql
SELECT id FROM chatroom WHERE uuid = %s FOR SHARE;

-- The last row of a chatroom that is not from the future; ids and times grow together.
-- name: room_present
SELECT COALESCE(MAX(id), %lld) FROM (
    SELECT id FROM (SELECT id FROM message WHERE id > %lld AND id < %lld AND created_at <= %lld
        ORDER BY id DESC LIMIT 1) AS a
    UNION ALL
    SELECT id FROM (SELECT id FROM event WHERE id > %lld AND id < %lld AND created_at <= %lld
        ORDER BY id DESC LIMIT 1) AS b) AS t;
-- Later rows get times in the order of their ids again.
-- name: room_redate_messages
UPDATE message SET created_at = %lld + id WHERE id > %lld AND id < %lld;
-- name: room_redate_events
UPDATE event SET created_at = %lld + id WHERE id > %lld AND id < %lld;
-- name: room_redate_replies
UPDATE reply_state SET last_at = %lld + last_id WHERE last_id > %lld AND last_id < %lld;
