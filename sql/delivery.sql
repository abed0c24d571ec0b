-- What a worker does with the outbox. A head is the first item of a target that waits.

-- name: outbox_heads
WITH RECURSIVE goal (target) AS (
    SELECT MIN(COALESCE(target, '')) FROM outbox WHERE state = 0 AND kind = %lld
    UNION ALL
    SELECT (SELECT MIN(COALESCE(o.target, '')) FROM outbox o
        WHERE o.state = 0 AND o.kind = %lld AND COALESCE(o.target, '') > goal.target)
    FROM goal WHERE goal.target IS NOT NULL)
SELECT h.id, h.room_id, h.kind, a.name, h.target, h.payload, h.state, h.attempts, h.next_at,
    h.reason, COALESCE(h.since, h.created_at), h.done_at
FROM goal
JOIN outbox h ON h.id = (SELECT MIN(f.id) FROM outbox f
    WHERE f.state = 0 AND f.kind = %lld AND COALESCE(f.target, '') = goal.target)
LEFT JOIN account a ON a.id = h.account_id
WHERE goal.target IS NOT NULL AND h.next_at <= %lld
ORDER BY h.next_at, h.id LIMIT %lld;
-- name: outbox_claim
UPDATE outbox SET claimed = 1, attempts = attempts + 1, next_at = %lld
WHERE id = %lld AND state = 0 AND attempts = %lld AND next_at <= %lld;
-- name: outbox_finish
UPDATE outbox SET claimed = 0, state = %lld, attempts = %lld, next_at = %lld, reason = %s,
    done_at = %lld
WHERE id = %lld AND state = 0 AND claimed = 1 AND attempts = %lld;
-- name: outbox_release
UPDATE outbox SET claimed = 0, next_at = %lld WHERE state = 0 AND claimed = 1;

-- One-time codes, and who somebody on Discord is here.

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
-- name: link_of_channel
SELECT name FROM discord_link WHERE account_id = %lld AND kind = 1 AND discord_id = %s
ORDER BY name_key LIMIT 1;
-- name: discord_code_delete
DELETE FROM discord_code WHERE account_id = %lld;
-- name: discord_person_delete
DELETE FROM discord_person WHERE account_id = %lld AND room_id = (SELECT room_id FROM account WHERE id = %lld);
-- name: link_delete_account
DELETE FROM discord_link WHERE account_id = %lld;
