-- Messages with their events.

-- A column of all rows is an array; the counter of their chatroom comes with them.
-- name: post_insert pgsql only
WITH post AS (SELECT * FROM unnest(CAST(%s AS BIGINT[]), CAST(%s AS BIGINT[]), CAST(%s AS BIGINT[]),
        CAST(%s AS BIGINT[]), CAST(%s AS TEXT[]), CAST(%s AS TEXT[]), CAST(%s AS BIGINT[]),
        CAST(%s AS BIGINT[]), CAST(%s AS TEXT[]), CAST(%s AS BIGINT[]), CAST(%s AS TEXT[]),
        CAST(%s AS TEXT[])) AS p (id, kind, channel_id, author_id, author_name, recipients,
        parent_id, root_id, body, created_at, mentions, audience)),
    said AS (INSERT INTO message (id, kind, channel_id, author_id, author_name, recipients,
        parent_id, root_id, body, created_at, mentions)
        SELECT id, kind, channel_id, author_id, author_name, recipients, parent_id, root_id, body,
            created_at, mentions FROM post),
    told AS (INSERT INTO event (id, kind, channel_id, account_id, audience, created_at)
        SELECT id, 1, channel_id, author_id, audience, created_at FROM post)
UPDATE chatroom SET last_number = %lld, last_time = %lld WHERE id = %lld;
