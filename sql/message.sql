-- The page of a channel leaves out what is the same for all of it.
-- part: message
m.id, m.kind, m.channel_id, NULL, m.author_id, m.author_name, m.recipients, m.parent_id, m.body,
    m.created_at, m.deleted_at;
-- part: message_with_channel
m.id, m.kind, m.channel_id, c.name, m.author_id, m.author_name, m.recipients, m.parent_id,
    m.body, m.created_at, m.deleted_at
FROM message m LEFT JOIN channel c ON c.id = m.channel_id;

-- name: message_insert
INSERT INTO message (id, kind, channel_id, author_id, author_name, recipients, parent_id, body,
    created_at)
VALUES (%lld, %lld, %lld, %lld, %s, %s, %lld, %s, %lld);
-- name: message_by_id
SELECT {message_with_channel}
WHERE m.id = %lld;
-- name: message_of_channel
SELECT id, kind, author_id, author_name, parent_id, body, created_at
FROM message WHERE channel_id = %lld AND id < %lld AND deleted_at IS NULL
ORDER BY id DESC LIMIT %lld;
-- Deleted ones too.
-- name: message_history
SELECT id, kind, author_id, author_name, parent_id, body, created_at, deleted_at
FROM message WHERE channel_id = %lld ORDER BY id DESC LIMIT %lld;
-- name: message_first
SELECT id FROM message WHERE channel_id = %lld ORDER BY id LIMIT 1;
-- name: message_of_author
SELECT {message_with_channel}
WHERE m.author_id = %lld AND m.id < %lld AND m.deleted_at IS NULL AND m.kind = 1
ORDER BY m.id DESC LIMIT %lld;
-- name: message_direct
SELECT {message}
FROM recipient r JOIN message m ON m.id = r.message_id
WHERE r.account_id = %lld AND r.message_id < %lld AND m.deleted_at IS NULL
ORDER BY r.message_id DESC LIMIT %lld;
-- name: message_announced
SELECT {message} FROM message m WHERE kind = 3 AND id > %lld AND id < %lld AND deleted_at IS NULL
ORDER BY id DESC LIMIT %lld;
-- name: message_delete
UPDATE message SET body = '', deleted_at = %lld WHERE id = %lld AND deleted_at IS NULL;
-- The oldest of a chatroom, to find how far a clean-up goes.
-- name: message_oldest
SELECT id, created_at FROM message WHERE id > %lld AND id < %lld ORDER BY id LIMIT %lld;
-- name: message_clean_recipients
DELETE FROM recipient WHERE message_id > %lld AND message_id <= %lld;
-- name: message_clean_gaps
DELETE FROM recipient_gap WHERE message_id > %lld AND message_id <= %lld;
-- name: message_clean_replies
DELETE FROM reply_state WHERE message_id > %lld AND message_id <= %lld;
-- name: message_clean
DELETE FROM message WHERE id > %lld AND id <= %lld;

-- name: recipient_insert
INSERT INTO recipient (account_id, message_id, position, others, thread_at)
VALUES (%lld, %lld, %lld, %lld, %lld) ON CONFLICT DO NOTHING;
-- The newest row of an account, or the gap that it left.
-- name: recipient_top
SELECT position, others FROM (
    SELECT position, others FROM (SELECT position, others FROM recipient
        WHERE account_id = %lld ORDER BY position DESC LIMIT 1) AS a
    UNION ALL
    SELECT position, others FROM (SELECT position, others FROM recipient_gap
        WHERE account_id = %lld ORDER BY position DESC LIMIT 1) AS b) AS t
ORDER BY position DESC LIMIT 1;
-- name: recipient_has
SELECT 1 FROM recipient WHERE account_id = %lld AND message_id = %lld;
-- name: recipient_of_message
SELECT r.account_id, a.name, a.state FROM recipient r JOIN account a ON a.id = r.account_id
WHERE r.message_id = %lld ORDER BY r.account_id;
-- name: recipient_make_gaps
INSERT INTO recipient_gap (account_id, position, others, by_other, message_id)
SELECT r.account_id, r.position, r.others,
    CASE WHEN m.author_id = r.account_id THEN 0 ELSE 1 END, r.message_id
FROM recipient r JOIN message m ON m.id = r.message_id WHERE r.message_id = %lld;
-- name: recipient_delete
DELETE FROM recipient WHERE message_id = %lld;
-- name: recipient_set_activity
UPDATE recipient SET thread_at = %lld WHERE message_id = %lld AND thread_at IS NOT NULL;

-- Messages of channels as the chatroom API shows them: with the UUIDs of channel and author,
-- and the id this replies to when that is no message.
-- part: said
m.id, m.kind, m.channel_id, NULL, m.author_id, m.author_name, m.recipients, m.parent_id, m.body,
    m.created_at, m.deleted_at, c.uuid, a.uuid, m.reply_uuid
FROM message m JOIN channel c ON c.id = m.channel_id LEFT JOIN account a ON a.id = m.author_id;

-- name: said_in_channel
SELECT {said}
WHERE m.channel_id = %lld AND m.id >= %lld AND m.id < %lld AND m.deleted_at IS NULL
ORDER BY m.id DESC LIMIT %lld;

-- name: said_in_room
SELECT {said}
WHERE m.id >= %lld AND m.id < %lld AND m.channel_id IS NOT NULL AND m.deleted_at IS NULL
ORDER BY m.id DESC LIMIT %lld;

-- name: said_one
SELECT {said}
WHERE m.id = %lld AND m.deleted_at IS NULL;

-- name: said_ids
SELECT id FROM message
WHERE channel_id = %lld AND id >= %lld AND id < %lld AND deleted_at IS NULL
ORDER BY id DESC LIMIT %lld;

-- The newest message at or below an id, to find an id by its time.
-- name: message_at
SELECT id, created_at FROM message WHERE id >= %lld AND id <= %lld ORDER BY id DESC LIMIT 1;

-- name: message_set_reply
UPDATE message SET reply_uuid = %s WHERE id = %lld;
