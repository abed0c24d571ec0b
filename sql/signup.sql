-- Accounts by mail: activation, mailed passwords, approved lists, mails to deliver.

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

-- name: session_delete_other_dialects
DELETE FROM session WHERE account_id = %lld AND dialect <> %lld;

-- name: approval_insert
INSERT INTO approval (owner_id, requester_id, state, created_at) VALUES (%lld, %lld, 0, %lld)
ON CONFLICT DO NOTHING;
-- name: approval_state
SELECT state FROM approval WHERE owner_id = %lld AND requester_id = %lld;
-- name: approval_set
UPDATE approval SET state = %lld WHERE owner_id = %lld AND requester_id = %lld;
-- name: approval_list
SELECT a.name, p.state, p.created_at FROM approval p JOIN account a ON a.id = p.requester_id
WHERE p.owner_id = %lld AND a.state <> 3 ORDER BY p.state, p.created_at DESC, a.id LIMIT %lld;

-- name: mail_due
SELECT id, room_id, kind, COALESCE(account_id, 0), target, payload, attempts FROM outbox
WHERE state = 0 AND next_at <= %lld AND kind = %lld ORDER BY next_at LIMIT %lld;
-- name: mail_claim
UPDATE outbox SET next_at = %lld, attempts = attempts + 1
WHERE id = %lld AND state = 0 AND attempts = %lld;
-- name: mail_finish
UPDATE outbox SET state = %lld, payload = %s, reason = %s, done_at = %lld
WHERE id = %lld AND state = 0;
-- name: mail_defer
UPDATE outbox SET next_at = %lld, reason = %s WHERE id = %lld AND state = 0;
