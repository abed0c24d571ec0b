-- Accounts: identities, profiles, pages for administrators.

-- banned_until; muted: rows of mute may apply; emergency: since when the chatroom is in one.
-- part: identity
id, room_id, uuid, name, state, rank, banned_until, muted, created_at,
    (SELECT since FROM emergency e WHERE e.room_id = account.room_id), presence_hidden
FROM account;

-- part: account
id, room_id, uuid, name, name_key, email, password_hash, state, rank, color,
    description, languages, location, icon, token_generation, token_hash, created_at, external,
    banned_until
FROM account;

-- kept: identity_by_token
SELECT {identity} WHERE token_hash = %s;

-- kept: identity_by_id
SELECT {identity} WHERE id = %lld;

-- name: identity_by_name
SELECT {identity}
WHERE room_id = %lld AND name_key = %s;

-- name: account_by_name
SELECT {account} WHERE room_id = %lld AND name_key = %s;

-- name: account_by_id
SELECT {account} WHERE id = %lld;

-- name: account_by_email
SELECT {account} WHERE room_id = %lld AND email_key = %s;

-- name: account_by_external
SELECT {account} WHERE room_id = %lld AND external = %s;

-- name: account_set_external
UPDATE account SET external = %s WHERE id = %lld;

-- name: account_list
SELECT {account} WHERE room_id = %lld AND id > %lld ORDER BY id LIMIT %lld;

-- The default of accounts that have said nothing is what the index account_by_language has.
-- name: account_by_language
SELECT {account}
WHERE room_id = %lld AND COALESCE(languages, 'None') = %s AND state = 1 AND rank >= 0
ORDER BY id LIMIT %lld;

-- name: account_insert
INSERT INTO account (room_id, uuid, name, name_key, email, email_key, password_hash, state,
    rank, color, created_at, skeleton)
VALUES (%lld, %s, %s, %s, %s, %s, %s, %lld, %lld, %lld, %lld, %s)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: account_set_token
UPDATE account SET token_generation = %lld, token_hash = %s WHERE id = %lld;

-- name: account_drop_token
UPDATE account SET token_hash = NULL WHERE id = %lld;

-- name: account_set_password
UPDATE account SET password_hash = %s WHERE id = %lld;

-- name: account_set_state
UPDATE account SET state = %lld, banned_until = %lld, hidden = 0 WHERE id = %lld;
-- name: account_hide
UPDATE account SET hidden = 1 WHERE id = %lld;

-- name: account_set_rank
UPDATE account SET rank = %lld WHERE id = %lld;

-- name: account_set_profile
UPDATE account SET description = %s, languages = %s, location = %s, icon = %s, color = %lld
WHERE id = %lld;

-- name: account_set_hidden
UPDATE account SET presence_hidden = %lld WHERE id = %lld;

-- name: account_set_email
UPDATE account SET email = %s, email_key = %s WHERE id = %lld;

-- name: account_close
UPDATE account SET state = 3, password_hash = NULL, token_hash = NULL, email = NULL,
    email_key = NULL, description = NULL, languages = NULL, location = NULL, icon = NULL
WHERE id = %lld;

-- name: identity_by_uuid
SELECT {identity} WHERE uuid = %s;

-- Everybody who may have said something: open and banned accounts.
-- name: profile_list
SELECT id, uuid, name, color FROM account
WHERE room_id = %lld AND state IN (1, 2) AND hidden = 0 ORDER BY id;

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

-- Neither account changes until this unit ends; on SQLite there is no other writer.
-- name: account_hold_two sqlite
SELECT id FROM account WHERE id IN (%lld, %lld) ORDER BY id;

-- name: account_hold_two pgsql
SELECT id FROM account WHERE id IN (%lld, %lld) ORDER BY id FOR NO KEY UPDATE;

-- Those created since a time, who may not have a rank.
-- name: account_since
SELECT {account} WHERE room_id = %lld AND created_at >= %lld AND id > %lld AND rank <= 0
    AND state IN (1, 2)
ORDER BY id LIMIT %lld;

-- name: account_banned
SELECT {account} WHERE room_id = %lld AND state = 2 AND (banned_until IS NULL OR banned_until > %lld)
ORDER BY id DESC LIMIT %lld;

-- Who may see a report of a message in a channel, 0: of a direct one.
-- name: account_moderators
SELECT id FROM account WHERE room_id = %lld AND rank > 0 AND state = 1
    AND (rank > 1 OR CAST(%lld AS BIGINT) = 0 OR COALESCE(
        (SELECT m.permissions & 1 FROM membership m
         WHERE m.account_id = account.id AND m.channel_id = %lld),
        (SELECT c.public FROM channel c WHERE c.id = %lld), 0) = 1)
UNION SELECT owner_id FROM chatroom WHERE id = %lld AND owner_id IS NOT NULL
ORDER BY 1 LIMIT 100;
