-- Chatrooms in an emergency.

-- name: emergency_put
INSERT INTO emergency (room_id, since, actor_name, reason) VALUES (%lld, %lld, %s, %s)
ON CONFLICT (room_id) DO UPDATE SET actor_name = EXCLUDED.actor_name, reason = EXCLUDED.reason;

-- name: emergency_end
DELETE FROM emergency WHERE room_id = %lld;

-- name: emergency_find
SELECT since, actor_name, reason FROM emergency WHERE room_id = %lld;
