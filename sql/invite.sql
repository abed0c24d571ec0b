-- Invites.

-- name: invite_insert
INSERT INTO invite (id, room_id, creator_id, uses_left, expires_at, created_at)
VALUES (%s, %lld, %lld, %lld, %lld, %lld)
ON CONFLICT DO NOTHING;

-- name: invite_find
SELECT uses_left, expires_at FROM invite WHERE id = %s AND room_id = %lld;

-- One use, if there is one left; the row's lock makes uses side by side queue.
-- name: invite_use
UPDATE invite SET uses_left = uses_left - 1
WHERE id = %s AND room_id = %lld AND uses_left > 0 AND expires_at > %lld;
