-- What names look like: rows that have no skeleton yet, and rows that look like another.

-- name: account_unlike
SELECT id, room_id, name FROM account WHERE skeleton IS NULL AND id > %lld
ORDER BY id LIMIT %lld;

-- name: channel_unlike
SELECT id, room_id, name FROM channel WHERE skeleton IS NULL AND deleted_at IS NULL AND id > %lld
ORDER BY id LIMIT %lld;

-- name: account_like
SELECT id, room_id, name FROM account WHERE room_id = %lld AND skeleton = %s;

-- name: channel_like
SELECT id, room_id, name FROM channel
WHERE room_id = %lld AND skeleton = %s AND deleted_at IS NULL;

-- name: account_set_skeleton
UPDATE account SET skeleton = %s WHERE id = %lld;

-- name: channel_set_skeleton
UPDATE channel SET skeleton = %s WHERE id = %lld;

-- Those that look like another one: their skeleton begins with a blank.
-- name: account_alike
SELECT id, room_id, name FROM account WHERE skeleton > ' ' AND skeleton < '!' ORDER BY id;

-- name: channel_alike
SELECT id, room_id, name FROM channel
WHERE skeleton > ' ' AND skeleton < '!' AND deleted_at IS NULL ORDER BY id;
