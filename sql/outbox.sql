-- The outbox. A head is the first waiting item of an account for a target.

-- Without what is to be delivered and to whom; the newest first.
-- part: outbox_state
o.id, o.room_id, o.kind, NULL, NULL, NULL, o.state, o.attempts, o.next_at, o.reason,
    o.created_at, o.done_at, NULL
FROM outbox o;

-- name: outbox_page
SELECT {outbox_state} WHERE o.id < %lld ORDER BY o.id DESC LIMIT %lld;

-- name: outbox_page_of_state
SELECT {outbox_state} WHERE o.id < %lld AND o.state = %lld ORDER BY o.id DESC LIMIT %lld;

-- name: outbox_by_id
SELECT {outbox_state} WHERE o.id = %lld;

-- name: outbox_states
SELECT state, count(*) FROM outbox GROUP BY state;

-- name: outbox_waiting
SELECT count(*), COALESCE(MIN(created_at), 0) FROM outbox WHERE state = 0;

-- name: outbox_heads
WITH RECURSIVE head (id) AS (
    SELECT (SELECT id FROM outbox WHERE state = 0 AND kind = %lld
        ORDER BY COALESCE(target, ''), COALESCE(account_id, 0), id LIMIT 1)
    UNION ALL
    SELECT COALESCE((SELECT o.id FROM outbox o
        WHERE o.state = 0 AND o.kind = %lld AND COALESCE(o.target, '') = COALESCE(h.target, '')
            AND COALESCE(o.account_id, 0) > COALESCE(h.account_id, 0)
        ORDER BY COALESCE(o.account_id, 0), o.id LIMIT 1),
        (SELECT o.id FROM outbox o
        WHERE o.state = 0 AND o.kind = %lld AND COALESCE(o.target, '') > COALESCE(h.target, '')
        ORDER BY COALESCE(o.target, ''), COALESCE(o.account_id, 0), o.id LIMIT 1))
    FROM head JOIN outbox h ON h.id = head.id)
SELECT h.id, h.room_id, h.kind, a.name, h.target, h.payload, h.state, h.attempts, h.next_at,
    h.reason, COALESCE(h.since, h.created_at), h.done_at, h.account_id
FROM head JOIN outbox h ON h.id = head.id LEFT JOIN account a ON a.id = h.account_id
WHERE h.next_at <= %lld
ORDER BY h.next_at, h.id LIMIT %lld;

-- name: outbox_claim
UPDATE outbox SET claimed = 1, attempts = attempts + 1, next_at = %lld
WHERE id = %lld AND state = 0 AND attempts = %lld AND next_at <= %lld;

-- name: outbox_finish
UPDATE outbox SET claimed = 0, state = %lld, attempts = %lld, next_at = %lld, reason = %s,
    payload = COALESCE(%s, payload), done_at = %lld
WHERE id = %lld AND state = 0 AND claimed = 1 AND attempts = %lld;

-- name: outbox_release
UPDATE outbox SET claimed = 0, next_at = %lld WHERE state = 0 AND claimed = 1;

-- name: outbox_insert
INSERT INTO outbox (room_id, kind, account_id, target, payload, state, next_at, created_at, done_at)
VALUES (%lld, %lld, %lld, %s, %s, %lld, %lld, %lld, %lld)
RETURNING id;

-- name: outbox_list
SELECT o.id, o.room_id, o.kind, a.name, o.target, o.payload, o.state, o.attempts, o.next_at,
    o.reason, o.created_at, o.done_at, o.account_id
FROM outbox o LEFT JOIN account a ON a.id = o.account_id
WHERE o.id > %lld ORDER BY o.id LIMIT %lld;

-- name: outbox_retry
UPDATE outbox SET state = 0, attempts = 0, next_at = %lld, since = %lld, claimed = 0, reason = NULL,
    done_at = NULL
WHERE id = %lld AND state <> 1;
