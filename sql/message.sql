-- Messages.

-- The page of a channel leaves out what is the same for all of it.
-- part: message
m.id, m.kind, m.channel_id, NULL, m.author_id, m.author_name, m.recipients, m.parent_id, m.body,
    m.created_at, m.deleted_at, m.edited_at, m.root_id;

-- part: message_columns
m.id, m.kind, m.channel_id, c.name, m.author_id, m.author_name, m.recipients, m.parent_id,
    m.body, m.created_at, m.deleted_at, m.edited_at, m.root_id;

-- part: message_with_channel
{message_columns}
FROM message m LEFT JOIN channel c ON c.id = m.channel_id;

-- Pages of one channel, author or account. SQLite takes the index of both columns. Where one
-- of them is given, PostgreSQL may walk the key of all messages past those of all others, or
-- sort the whole channel; so there both columns are a range, which only that index has in order.
-- part: at
(VALUES (CAST(%lld AS BIGINT), CAST(%lld AS BIGINT))) AS at (owner, id);
-- part: all_of
(VALUES (CAST(%lld AS BIGINT))) AS at (owner);

-- Not deleted, as most are. Until PostgreSQL has analysed the table, it takes "deleted_at IS NULL"
-- for one in two hundred, and would sort a whole channel for a page.
-- part: stands
CAST(m.deleted_at IS NULL AS INT) <> 0;

-- name: message_insert
INSERT INTO message (id, kind, channel_id, author_id, author_name, recipients, parent_id,
    root_id, body, created_at, mentions)
VALUES (%lld, %lld, %lld, %lld, %s, %s, %lld, %lld, %s, %lld, %s);

-- kept: message_by_id texts
SELECT {message_with_channel}
WHERE m.id = %lld;

-- name: message_of_channel sqlite
SELECT id, kind, author_id, author_name, parent_id, body, created_at
FROM message WHERE channel_id = %lld AND id < %lld AND deleted_at IS NULL
ORDER BY id DESC LIMIT %lld;
-- name: message_of_channel pgsql
SELECT m.id, kind, author_id, author_name, parent_id, body, created_at
FROM {at}, message m
WHERE (m.channel_id, m.id) < (at.owner, at.id) AND m.channel_id >= at.owner AND {stands}
ORDER BY m.channel_id DESC, m.id DESC LIMIT %lld;

-- A deleted one stays while it has replies.
-- name: message_of_channel_extended sqlite
SELECT id, kind, author_id, author_name, parent_id, body, created_at, deleted_at
FROM message m WHERE channel_id = %lld AND id < %lld AND (deleted_at IS NULL OR EXISTS
    (SELECT 1 FROM reply_state s WHERE s.message_id = m.id AND s.replies > 0))
ORDER BY id DESC LIMIT %lld;
-- name: message_of_channel_extended pgsql
SELECT m.id, kind, author_id, author_name, parent_id, body, created_at, deleted_at
FROM {at}, message m
WHERE (m.channel_id, m.id) < (at.owner, at.id) AND m.channel_id >= at.owner
    AND ({stands} OR EXISTS
    (SELECT 1 FROM reply_state s WHERE s.message_id = m.id AND s.replies > 0))
ORDER BY m.channel_id DESC, m.id DESC LIMIT %lld;

-- name: message_after sqlite
SELECT id, kind, author_id, author_name, parent_id, body, created_at
FROM message WHERE channel_id = %lld AND id > %lld AND deleted_at IS NULL
ORDER BY id LIMIT %lld;
-- name: message_after pgsql
SELECT m.id, kind, author_id, author_name, parent_id, body, created_at
FROM {at}, message m
WHERE (m.channel_id, m.id) > (at.owner, at.id) AND m.channel_id <= at.owner AND {stands}
ORDER BY m.channel_id, m.id LIMIT %lld;

-- Deleted ones too.
-- name: message_history sqlite
SELECT id, kind, author_id, author_name, parent_id, body, created_at, deleted_at
FROM message WHERE channel_id = %lld ORDER BY id DESC LIMIT %lld;
-- name: message_history pgsql
SELECT m.id, kind, author_id, author_name, parent_id, body, created_at, deleted_at
FROM {all_of}, message m
WHERE m.channel_id >= at.owner AND m.channel_id <= at.owner
ORDER BY m.channel_id DESC, m.id DESC LIMIT %lld;

-- name: message_first sqlite
SELECT id FROM message WHERE channel_id = %lld ORDER BY id LIMIT 1;
-- name: message_first pgsql
SELECT m.id FROM {all_of}, message m
WHERE m.channel_id >= at.owner AND m.channel_id <= at.owner
ORDER BY m.channel_id, m.id LIMIT 1;

-- name: message_of_author sqlite
SELECT {message_with_channel}
WHERE m.author_id = %lld AND m.id < %lld AND m.deleted_at IS NULL AND m.kind = 1
ORDER BY m.id DESC LIMIT %lld;
-- name: message_of_author pgsql
SELECT {message_columns}
FROM {at}, message m LEFT JOIN channel c ON c.id = m.channel_id
WHERE (m.author_id, m.id) < (at.owner, at.id) AND m.author_id >= at.owner
    AND m.deleted_at IS NULL AND m.kind = 1
ORDER BY m.author_id DESC, m.id DESC LIMIT %lld;

-- name: message_direct sqlite
SELECT {message}
FROM recipient r JOIN message m ON m.id = r.message_id
WHERE r.account_id = %lld AND r.message_id < %lld AND m.deleted_at IS NULL
ORDER BY r.message_id DESC LIMIT %lld;
-- name: message_direct pgsql
SELECT {message}
FROM {at}, recipient r JOIN message m ON m.id = r.message_id
WHERE (r.account_id, r.message_id) < (at.owner, at.id) AND r.account_id >= at.owner
    AND m.deleted_at IS NULL
ORDER BY r.account_id DESC, r.message_id DESC LIMIT %lld;

-- name: message_announced
SELECT {message} FROM message m WHERE kind = 3 AND id > %lld AND id < %lld AND deleted_at IS NULL
ORDER BY id DESC LIMIT %lld;

-- name: message_edit
UPDATE message SET body = %s, mentions = %s, edited_at = %lld
WHERE id = %lld AND deleted_at IS NULL;

-- name: message_delete
UPDATE message SET body = '', mentions = NULL, deleted_at = %lld
WHERE id = %lld AND deleted_at IS NULL;
-- part: message_bare
m.id, m.kind, m.channel_id, NULL, m.author_id, m.author_name, m.recipients, m.parent_id,
    '', m.created_at, m.deleted_at, m.edited_at, m.root_id;
-- name: message_named sqlite
SELECT {message_bare}
FROM message m WHERE m.author_id = %lld AND m.id < %lld AND m.author_name <> ''
ORDER BY m.id DESC LIMIT %lld;
-- name: message_named pgsql
SELECT {message_bare}
FROM {at}, message m
WHERE (m.author_id, m.id) < (at.owner, at.id) AND m.author_id >= at.owner AND m.author_name <> ''
ORDER BY m.author_id DESC, m.id DESC LIMIT %lld;
-- name: message_erase
UPDATE message SET body = '', author_name = '', recipients = NULL, reply_uuid = NULL,
    mentions = NULL,
    deleted_at = COALESCE(deleted_at, %lld)
WHERE id = %lld;
