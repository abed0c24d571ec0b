-- Messages of channels as the chatroom API shows them, found by time.

-- Messages of channels as the chatroom API shows them: with the UUIDs of channel and author,
-- and the id this replies to when that is no message.
-- part: said_columns
m.id, m.kind, m.channel_id, NULL, m.author_id, m.author_name, m.recipients, m.parent_id, m.body,
    m.created_at, m.deleted_at, m.edited_at, m.root_id, c.uuid, a.uuid, m.reply_uuid;
-- part: said_from
message m JOIN channel c ON c.id = m.channel_id LEFT JOIN account a ON a.id = m.author_id;
-- part: said
{said_columns} FROM {said_from};

-- From one id of a channel to below another; see {at} in message.sql.
-- part: between
(VALUES (CAST(%lld AS BIGINT), CAST(%lld AS BIGINT), CAST(%lld AS BIGINT))) AS at (owner, low, id);
-- The last two say nothing new, but that there are few.
-- part: is_between
(m.channel_id, m.id) >= (at.owner, at.low) AND (m.channel_id, m.id) < (at.owner, at.id)
    AND m.channel_id >= at.owner AND m.channel_id <= at.owner;

-- name: said_in_channel sqlite
SELECT {said}
WHERE m.channel_id = %lld AND m.id >= %lld AND m.id < %lld AND m.deleted_at IS NULL
ORDER BY m.id DESC LIMIT %lld;
-- name: said_in_channel pgsql
SELECT {said_columns}
FROM {between}, {said_from}
WHERE {is_between} AND m.deleted_at IS NULL
ORDER BY m.channel_id DESC, m.id DESC LIMIT %lld;

-- name: said_in_room
SELECT {said}
WHERE m.id >= %lld AND m.id < %lld AND m.channel_id IS NOT NULL AND m.deleted_at IS NULL
ORDER BY m.id DESC LIMIT %lld;

-- name: said_one
SELECT {said}
WHERE m.id = %lld AND m.deleted_at IS NULL;

-- name: said_ids sqlite
SELECT id FROM message
WHERE channel_id = %lld AND id >= %lld AND id < %lld AND deleted_at IS NULL
ORDER BY id DESC LIMIT %lld;
-- name: said_ids pgsql
SELECT m.id FROM {between}, message m
WHERE {is_between} AND m.deleted_at IS NULL
ORDER BY m.channel_id DESC, m.id DESC LIMIT %lld;

-- The newest message at or below an id, to find an id by its time.
-- name: message_at
SELECT id, created_at FROM message WHERE id >= %lld AND id <= %lld ORDER BY id DESC LIMIT 1;

-- name: message_set_reply
UPDATE message SET reply_uuid = %s WHERE id = %lld;
