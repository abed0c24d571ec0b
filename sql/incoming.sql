-- What an import finds out itself, in a chatroom whose rows have ids between two.

-- The chatroom that a site has from the beginning makes place.
-- name: incoming_room_used
SELECT (SELECT count(*) FROM account WHERE room_id = %lld)
    + (SELECT count(*) FROM message WHERE id > %lld AND id < %lld)
    + (SELECT count(*) FROM invite WHERE room_id = %lld);
-- name: incoming_drop_events
DELETE FROM event WHERE id > %lld AND id < %lld;
-- name: incoming_drop_channels
DELETE FROM channel WHERE room_id = %lld;
-- name: incoming_drop_audit
DELETE FROM audit WHERE room_id = %lld;
-- name: incoming_drop_emergency
DELETE FROM emergency WHERE room_id = %lld;
-- name: incoming_drop_search
DELETE FROM search_room WHERE room_id = %lld;
-- name: incoming_drop_room
DELETE FROM chatroom WHERE id = %lld;

-- name: incoming_roots
WITH RECURSIVE t (id, root, channel) AS (
    SELECT DISTINCT m.parent_id, m.parent_id, COALESCE(m.channel_id, 0) FROM message m
    WHERE m.id > %lld AND m.id < %lld
        AND m.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM message p
        WHERE p.id = m.parent_id AND (p.parent_id IS NOT NULL
            OR COALESCE(p.channel_id, 0) <> COALESCE(m.channel_id, 0)))
    UNION ALL
    SELECT m.id, t.root, t.channel FROM message m JOIN t ON m.parent_id = t.id
    WHERE COALESCE(m.channel_id, 0) = t.channel)
UPDATE message SET root_id = t.root FROM t
WHERE message.id = t.id AND message.parent_id IS NOT NULL;

-- name: incoming_replies
INSERT INTO reply_state (message_id, replies, last_id, last_author, last_at)
SELECT n.parent_id, n.replies, l.id, l.author_name, l.created_at
FROM (SELECT parent_id, count(*) AS replies, MAX(id) AS last_id FROM message
    WHERE id > %lld AND id < %lld AND parent_id IS NOT NULL AND deleted_at IS NULL
    GROUP BY parent_id) AS n JOIN message l ON l.id = n.last_id
WHERE true
ON CONFLICT DO NOTHING;

-- name: incoming_recipients
UPDATE recipient SET position = n.position, others = n.others, thread_at = n.thread_at,
    peer_id = n.peer
FROM (SELECT r.account_id, r.message_id, ROW_NUMBER() OVER w AS position,
        SUM(CASE WHEN m.author_id = r.account_id THEN 0 ELSE 1 END) OVER w AS others,
        CASE WHEN m.parent_id IS NULL THEN COALESCE(s.last_id, r.message_id) END AS thread_at,
        CASE WHEN o.n > 2 THEN 0 WHEN r.account_id = o.low THEN o.high ELSE o.low END AS peer
    FROM recipient r JOIN message m ON m.id = r.message_id
        JOIN (SELECT message_id, count(*) AS n, MIN(account_id) AS low, MAX(account_id) AS high
            FROM recipient WHERE message_id > %lld AND message_id < %lld GROUP BY message_id) AS o
            ON o.message_id = r.message_id
        LEFT JOIN reply_state s ON s.message_id = r.message_id
    WHERE r.message_id > %lld AND r.message_id < %lld
    WINDOW w AS (PARTITION BY r.account_id ORDER BY r.message_id)) AS n
WHERE recipient.account_id = n.account_id AND recipient.message_id = n.message_id;

-- Clients that follow the chatroom get what is not old.
-- name: incoming_events sqlite
INSERT INTO event (id, kind, channel_id, account_id, audience, created_at)
SELECT m.id, 1, m.channel_id, m.author_id, (SELECT group_concat(r.account_id, ' ') FROM recipient r
    WHERE r.message_id = m.id), m.created_at
FROM message m WHERE m.id > %lld AND m.id < %lld AND m.created_at > %lld;
-- name: incoming_events pgsql
INSERT INTO event (id, kind, channel_id, account_id, audience, created_at)
SELECT m.id, 1, m.channel_id, m.author_id, (SELECT string_agg(CAST(r.account_id AS TEXT), ' ')
    FROM recipient r WHERE r.message_id = m.id), m.created_at
FROM message m WHERE m.id > %lld AND m.id < %lld AND m.created_at > %lld;
