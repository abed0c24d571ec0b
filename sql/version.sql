-- Earlier texts of messages.

-- Keeps the present text.
-- name: version_keep
INSERT INTO message_version (message_id, written_at, body)
SELECT id, COALESCE(edited_at, created_at), body FROM message
WHERE id = %lld AND deleted_at IS NULL;

-- name: version_list
SELECT body, written_at FROM message_version WHERE message_id = %lld
ORDER BY written_at DESC LIMIT %lld;

-- name: version_delete
DELETE FROM message_version WHERE message_id = %lld;
