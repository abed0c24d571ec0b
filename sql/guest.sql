-- Guests: accounts that were used at guest_used_at and end a day later.

-- name: guest_set_used
UPDATE account SET guest_used_at = %lld WHERE id = %lld;

-- name: guest_used
SELECT guest_used_at FROM account WHERE id = %lld AND guest_used_at IS NOT NULL;

-- name: guest_promote
UPDATE account SET name = %s, name_key = %s, skeleton = %s, password_hash = %s, rank = %lld,
    guest_used_at = NULL
WHERE id = %lld;

-- A uuid behind the mark is no name of a guest's.
-- name: guest_free_name
UPDATE account SET name_key = '~' || uuid, skeleton = ' ' || id, guest_used_at = NULL WHERE id = %lld;

-- name: guest_unused
SELECT id, room_id FROM account WHERE guest_used_at < %lld ORDER BY guest_used_at LIMIT %lld;
