-- Channels and memberships.

-- part: channel_columns
c.id, c.room_id, c.uuid, c.name, c.description, c.creator_name,
    c.public, c.created_at, c.slow_seconds;

-- The reader's own rights behind them: permissions (NULL: none set) and whether the account
-- has joined.
-- part: channel
{channel_columns}, m.permissions, m.joined
FROM channel c LEFT JOIN membership m ON m.channel_id = c.id AND m.account_id = %lld;

-- kept: channel_by_name
SELECT {channel}
WHERE c.room_id = %lld AND c.name_key = %s AND c.deleted_at IS NULL;

-- kept: channel_by_id
SELECT {channel}
WHERE c.id = %lld AND c.deleted_at IS NULL;

-- kept: channel_by_uuid
SELECT {channel}
WHERE c.uuid = %s AND c.deleted_at IS NULL;

-- name: channel_joined
SELECT {channel_columns},
    m.permissions, m.joined
FROM membership m JOIN channel c ON c.id = m.channel_id
WHERE m.account_id = %lld AND m.joined = 1 AND c.deleted_at IS NULL
ORDER BY c.id;

-- name: channel_visible
SELECT {channel}
WHERE c.room_id = %lld AND c.deleted_at IS NULL
    AND (c.public = 1 OR m.account_id IS NOT NULL)
ORDER BY c.id;

-- name: channel_public
SELECT {channel_columns},
    NULL, NULL
FROM channel c WHERE c.room_id = %lld AND c.public = 1 AND c.deleted_at IS NULL
ORDER BY c.id LIMIT %lld;

-- name: channel_all
SELECT {channel_columns},
    NULL, NULL
FROM channel c WHERE c.room_id = %lld AND c.deleted_at IS NULL ORDER BY c.id;

-- name: channel_made_by
SELECT {channel_columns},
    NULL, NULL
FROM channel c WHERE c.room_id = %lld AND c.creator_id = %lld AND c.deleted_at IS NULL
ORDER BY c.id;

-- name: channel_count
SELECT count(*) FROM channel
WHERE room_id = %lld AND creator_id = %lld AND deleted_at IS NULL;
-- name: membership_count
SELECT count(*) FROM membership WHERE account_id = %lld;

-- name: channel_insert
INSERT INTO channel (room_id, uuid, name, name_key, description, creator_id, creator_name,
    public, created_at, skeleton)
VALUES (%lld, %s, %s, %s, %s, %lld, %s, %lld, %lld, %s)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: channel_set
UPDATE channel SET name = %s, name_key = %s, skeleton = %s, description = %s, public = %lld,
    slow_seconds = %lld
WHERE id = %lld;

-- name: channel_delete
UPDATE channel SET deleted_at = %lld WHERE id = %lld AND deleted_at IS NULL;

-- Whether an account that is not closed may read it.
-- name: channel_reached
SELECT 1 FROM membership m JOIN account a ON a.id = m.account_id
WHERE m.channel_id = %lld AND (m.permissions & 1) = 1 AND a.state <> 3 LIMIT 1;
-- name: channel_members
SELECT a.name FROM membership m JOIN account a ON a.id = m.account_id
WHERE m.channel_id = %lld AND m.joined = 1 AND a.state = 1
ORDER BY m.joined_at, a.id;

-- name: membership_put
INSERT INTO membership (account_id, channel_id, permissions, joined, joined_at)
VALUES (%lld, %lld, %lld, %lld, %lld)
ON CONFLICT (account_id, channel_id) DO UPDATE
SET permissions = EXCLUDED.permissions, joined = EXCLUDED.joined;

-- What was there before the account joined counts as read.
-- name: membership_read sqlite
INSERT INTO read_marker (account_id, channel_id, message_id)
SELECT CAST(%lld AS BIGINT), channel_id, id FROM message
WHERE channel_id = %lld ORDER BY id DESC LIMIT 1
ON CONFLICT DO NOTHING;
-- name: membership_read pgsql
INSERT INTO read_marker (account_id, channel_id, message_id)
SELECT at.account, m.channel_id, m.id
FROM (VALUES (CAST(%lld AS BIGINT), CAST(%lld AS BIGINT))) AS at (account, owner), message m
WHERE m.channel_id >= at.owner AND m.channel_id <= at.owner
ORDER BY m.channel_id DESC, m.id DESC LIMIT 1
ON CONFLICT DO NOTHING;

-- name: membership_permissions
SELECT permissions FROM membership WHERE account_id = %lld AND channel_id = %lld;

-- name: membership_delete
DELETE FROM membership WHERE account_id = %lld AND channel_id = %lld;

-- name: membership_delete_account
DELETE FROM membership WHERE account_id = %lld;

-- Accounts that may be shown as online.
-- name: channel_peers
SELECT a.id, a.name FROM membership m JOIN account a ON a.id = m.account_id
WHERE m.channel_id = %lld AND m.joined = 1 AND a.state = 1 AND a.presence_hidden = 0
ORDER BY m.account_id LIMIT %lld;

-- name: account_peers
SELECT DISTINCT a.id, a.name FROM membership m
    JOIN membership o ON o.channel_id = m.channel_id JOIN account a ON a.id = o.account_id
WHERE m.account_id = %lld AND m.joined = 1 AND (m.permissions & 1) = 1
    AND o.joined = 1 AND (o.permissions & 1) = 1 AND a.state = 1 AND a.presence_hidden = 0
ORDER BY a.id LIMIT %lld;
