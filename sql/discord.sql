-- Discord codes, Discord persons, links to Discord targets.

-- name: discord_code_put
INSERT INTO discord_code (account_id, hash, expires_at) VALUES (%lld, %s, %lld)
ON CONFLICT (account_id) DO UPDATE SET hash = EXCLUDED.hash, expires_at = EXCLUDED.expires_at;

-- name: discord_code_take
DELETE FROM discord_code WHERE hash = %s RETURNING account_id, expires_at;

-- name: discord_person_put
INSERT INTO discord_person (room_id, discord_id, account_id, created_at) VALUES (%lld, %s, %lld, %lld)
ON CONFLICT (room_id, discord_id) DO UPDATE
SET account_id = EXCLUDED.account_id, created_at = EXCLUDED.created_at;

-- name: discord_person_find
SELECT account_id FROM discord_person WHERE room_id = %lld AND discord_id = %s;

-- name: discord_person_drop
DELETE FROM discord_person WHERE account_id = %lld AND room_id = %lld AND discord_id =
    (SELECT discord_id FROM discord_link WHERE account_id = %lld AND name_key = %s AND kind = 2);

-- name: discord_code_delete
DELETE FROM discord_code WHERE account_id = %lld;

-- name: discord_person_delete
DELETE FROM discord_person WHERE account_id = %lld AND room_id = (SELECT room_id FROM account WHERE id = %lld);

-- name: link_of_channel
SELECT name FROM discord_link WHERE account_id = %lld AND kind = 1 AND discord_id = %s
ORDER BY name_key LIMIT 1;

-- name: link_delete_account
DELETE FROM discord_link WHERE account_id = %lld;

-- name: link_find
SELECT NULL, name, kind, discord_id FROM discord_link WHERE account_id = %lld AND name_key = %s;

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
