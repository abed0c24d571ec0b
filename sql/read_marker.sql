-- How far an account has read a conversation, and what came since.

-- It never goes backwards.
-- name: read_marker_put
INSERT INTO read_marker (account_id, channel_id, peer_id, message_id)
VALUES (%lld, %lld, %lld, %lld)
ON CONFLICT (account_id, channel_id, peer_id) DO UPDATE SET message_id = EXCLUDED.message_id
WHERE read_marker.message_id < EXCLUDED.message_id;

-- name: read_marker_find
SELECT message_id FROM read_marker
WHERE account_id = %lld AND channel_id = %lld AND peer_id = %lld;

-- name: read_marker_delete
DELETE FROM read_marker WHERE account_id = %lld;

-- Only the newest 2,000 rows of a conversation are counted, so a count has a bound whatever the
-- history. They are ranges of all columns of an index, see {at} in message.sql.
-- name: unread_channels
SELECT c.name, COALESCE(k.message_id, 0),
    (SELECT id FROM message WHERE channel_id >= c.id AND channel_id <= c.id
        ORDER BY channel_id DESC, id DESC LIMIT 1),
    (SELECT count(*) FROM (SELECT author_id, deleted_at FROM message
        WHERE (channel_id, id) > (c.id, COALESCE(k.message_id, 0)) AND channel_id <= c.id
        ORDER BY channel_id DESC, id DESC LIMIT 2000) AS u
        WHERE u.deleted_at IS NULL AND COALESCE(u.author_id, 0) <> m.account_id),
    (SELECT count(*) FROM (SELECT message_id FROM mention
        WHERE account_id = m.account_id AND channel_id = c.id
            AND message_id > COALESCE(k.message_id, 0) LIMIT 1000) AS n)
    + (SELECT count(*) FROM (SELECT message_id FROM mention
        WHERE account_id = 0 AND channel_id = c.id
            AND message_id > COALESCE(k.message_id, 0) LIMIT 1000) AS n
        JOIN message x ON x.id = n.message_id WHERE x.author_id <> m.account_id)
FROM membership m JOIN channel c ON c.id = m.channel_id
    LEFT JOIN read_marker k ON k.account_id = m.account_id AND k.channel_id = c.id
        AND k.peer_id = 0
WHERE m.account_id = %lld AND m.joined = 1 AND (m.permissions & 1) = 1
    AND c.deleted_at IS NULL
ORDER BY c.id;

-- part: unread_of_peer
FROM recipient
    WHERE (account_id, peer_id, message_id) > (p.account_id, p.peer_id, COALESCE(k.message_id, 0))
        AND (account_id, peer_id) <= (p.account_id, p.peer_id)
    ORDER BY account_id DESC, peer_id DESC, message_id DESC LIMIT 2000;

-- Steps from one peer to the next by the index.
-- name: unread_direct
WITH RECURSIVE p (account_id, peer_id) AS (
    SELECT CAST(%lld AS BIGINT), (SELECT MIN(peer_id) FROM recipient
        WHERE account_id = %lld AND peer_id > 0)
    UNION ALL
    SELECT p.account_id, (SELECT MIN(r.peer_id) FROM recipient r
        WHERE r.account_id = p.account_id AND r.peer_id > p.peer_id)
    FROM p WHERE p.peer_id IS NOT NULL)
SELECT a.name, COALESCE(k.message_id, 0),
    (SELECT message_id FROM recipient
        WHERE (account_id, peer_id) >= (p.account_id, p.peer_id)
            AND (account_id, peer_id) <= (p.account_id, p.peer_id)
        ORDER BY account_id DESC, peer_id DESC, message_id DESC LIMIT 1),
    (SELECT count(*) FROM (SELECT message_id {unread_of_peer}) AS u
        JOIN message x ON x.id = u.message_id WHERE x.author_id <> p.account_id),
    (SELECT count(*) FROM (SELECT message_id {unread_of_peer}) AS u
        JOIN mention n ON n.account_id = p.account_id AND n.message_id = u.message_id)
FROM p JOIN account a ON a.id = p.peer_id
    LEFT JOIN read_marker k ON k.account_id = p.account_id AND k.channel_id = 0
        AND k.peer_id = p.peer_id
ORDER BY p.peer_id LIMIT %lld;
