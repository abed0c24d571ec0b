-- Activation of accounts, and mailed passwords.

-- name: activation_insert
INSERT INTO activation (hash, account_id) VALUES (%s, %lld);

-- name: activation_find
SELECT account_id FROM activation WHERE hash = %s;

-- name: activation_delete_account
DELETE FROM activation WHERE account_id = %lld;

-- name: second_put
INSERT INTO second_password (account_id, password_hash, expires_at) VALUES (%lld, %s, %lld)
ON CONFLICT (account_id) DO UPDATE
SET password_hash = EXCLUDED.password_hash, expires_at = EXCLUDED.expires_at;

-- name: second_find
SELECT password_hash FROM second_password WHERE account_id = %lld AND expires_at > %lld;

-- name: second_delete
DELETE FROM second_password WHERE account_id = %lld;
