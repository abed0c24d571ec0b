-- What an administrator looks at: pages by key, counts over everything.

-- name: room_page
SELECT r.id, r.uuid, r.name, COALESCE(r.owner_id, 0), r.min_password, r.created_at, r.last_number,
    o.name,
    (SELECT count(*) FROM account a WHERE a.room_id = r.id AND a.state <> 3),
    (SELECT count(*) FROM channel c WHERE c.room_id = r.id AND c.deleted_at IS NULL)
FROM chatroom r LEFT JOIN account o ON o.id = r.owner_id
WHERE r.id > %lld ORDER BY r.id LIMIT %lld;

-- name: account_page
SELECT {account} WHERE room_id = %lld AND id > %lld AND state <> 3 ORDER BY id LIMIT %lld;
-- Names between two keys, byte by byte.
-- name: account_page_named sqlite
SELECT {account}
WHERE room_id = %lld AND name_key >= %s AND name_key < %s AND id > %lld AND state <> 3
ORDER BY id LIMIT %lld;
-- name: account_page_named pgsql
SELECT {account}
WHERE room_id = %lld AND name_key COLLATE "C" >= %s AND name_key COLLATE "C" < %s AND id > %lld
    AND state <> 3
ORDER BY id LIMIT %lld;
-- Neither account changes until this unit ends; on SQLite nobody else writes anyway.
-- name: account_hold_two sqlite
SELECT id FROM account WHERE id IN (%lld, %lld) ORDER BY id;
-- name: account_hold_two pgsql
SELECT id FROM account WHERE id IN (%lld, %lld) ORDER BY id FOR UPDATE;

-- Without what is to be delivered and to whom; the newest first.
-- part: outbox_state
o.id, o.room_id, o.kind, NULL, NULL, NULL, o.state, o.attempts, o.next_at, o.reason,
    o.created_at, o.done_at
FROM outbox o;
-- name: outbox_page
SELECT {outbox_state} WHERE o.id < %lld ORDER BY o.id DESC LIMIT %lld;
-- name: outbox_page_of_state
SELECT {outbox_state} WHERE o.id < %lld AND o.state = %lld ORDER BY o.id DESC LIMIT %lld;
-- name: outbox_by_id
SELECT {outbox_state} WHERE o.id = %lld;
-- name: outbox_states
SELECT state, count(*) FROM outbox GROUP BY state;

-- name: site_totals
SELECT (SELECT count(*) FROM chatroom), (SELECT count(*) FROM account WHERE state <> 3),
    (SELECT count(*) FROM channel WHERE deleted_at IS NULL), (SELECT count(*) FROM message);
-- name: database_bytes sqlite
SELECT page_count * page_size FROM pragma_page_count, pragma_page_size;
-- name: database_bytes pgsql
SELECT pg_database_size(current_database());
