-- What an extended list shows of its messages besides their texts.

-- name: detail_of sqlite
SELECT m.id, m.edited_at, m.parent_id, m.root_id, m.mentions, COALESCE(s.replies, 0)
FROM message m LEFT JOIN reply_state s ON s.message_id = m.id
WHERE m.id IN (SELECT value FROM json_each(%s)) ORDER BY m.id DESC;

-- name: detail_of pgsql
SELECT m.id, m.edited_at, m.parent_id, m.root_id, m.mentions, COALESCE(s.replies, 0)
FROM message m LEFT JOIN reply_state s ON s.message_id = m.id
WHERE m.id IN (SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(%s AS json)))
ORDER BY m.id DESC;
