-- Reactions to messages.

-- name: reaction_put
INSERT INTO reaction (message_id, emoji, account_id, created_at) VALUES (%lld, %s, %lld, %lld)
ON CONFLICT DO NOTHING;

-- name: reaction_remove
DELETE FROM reaction WHERE message_id = %lld AND emoji = %s AND account_id = %lld;

-- In the order of their first use.
-- name: reaction_of sqlite
SELECT message_id, emoji, count(*), MAX(CASE account_id WHEN %lld THEN 1 ELSE 0 END)
FROM reaction WHERE message_id IN (SELECT value FROM json_each(%s))
GROUP BY message_id, emoji ORDER BY message_id DESC, MIN(created_at), emoji;

-- name: reaction_of pgsql
SELECT message_id, emoji, count(*), MAX(CASE account_id WHEN %lld THEN 1 ELSE 0 END)
FROM reaction
WHERE message_id IN (SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(%s AS json)))
GROUP BY message_id, emoji ORDER BY message_id DESC, MIN(created_at), emoji COLLATE "C";

-- name: reaction_by
SELECT message_id, emoji, 0, 1 FROM reaction WHERE account_id = %lld ORDER BY message_id LIMIT %lld;

-- name: reaction_delete
DELETE FROM reaction WHERE message_id = %lld;
