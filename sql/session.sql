-- Sessions: at rest only keyed hashes.

-- name: session_insert
INSERT INTO session (hash, account_id, dialect, created_at, used_at, address)
VALUES (%s, %lld, %lld, %lld, %lld, %s);

-- name: session_list
SELECT account_id, dialect, created_at, used_at, hash, address FROM session
WHERE account_id = %lld ORDER BY used_at DESC LIMIT %lld;

-- One of an account's by the beginning of its hash.
-- name: session_end_one
DELETE FROM session WHERE account_id = %lld AND SUBSTR(hash, 1, 16) = %s;

-- name: session_find
SELECT account_id, dialect, created_at, used_at FROM session WHERE hash = %s;

-- name: session_touch
UPDATE session SET used_at = %lld WHERE hash = %s;

-- name: session_delete
DELETE FROM session WHERE hash = %s;

-- name: session_delete_account
DELETE FROM session WHERE account_id = %lld;

-- name: session_delete_other_dialects
DELETE FROM session WHERE account_id = %lld AND dialect <> %lld;
