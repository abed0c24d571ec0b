-- Whom messages mention.

-- name: mention_insert
INSERT INTO mention (account_id, message_id, channel_id) VALUES (%lld, %lld, %lld)
ON CONFLICT DO NOTHING;

-- name: mention_delete
DELETE FROM mention WHERE message_id = %lld;
