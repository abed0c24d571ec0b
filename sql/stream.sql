-- Direct messages: their recipients, and streams, threads and replies as Kinglet shows them.

-- name: recipient_insert
INSERT INTO recipient (account_id, message_id, position, others, thread_at, peer_id)
VALUES (%lld, %lld, %lld, %lld, %lld, %lld) ON CONFLICT DO NOTHING;

-- The newest row of an account, or the gap that it left.
-- name: recipient_top
SELECT position, others, 0 FROM (
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

-- part: streamed_columns
m.id, m.kind, m.channel_id, NULL, m.author_id, m.author_name, m.recipients, m.parent_id, m.body,
    m.created_at, m.deleted_at, m.edited_at, m.root_id, COALESCE(s.replies, 0), COALESCE(s.last_id, m.id),
    COALESCE(s.last_author, m.author_name), COALESCE(s.last_at, m.created_at);
-- part: streamed
{streamed_columns}
FROM recipient r JOIN message m ON m.id = r.message_id
    LEFT JOIN reply_state s ON s.message_id = m.id;

-- name: stream_page
SELECT {streamed}
WHERE r.account_id = %lld AND r.position <= %lld
ORDER BY r.position DESC LIMIT %lld;

-- name: stream_since
SELECT {streamed}
WHERE r.account_id = %lld AND r.position > %lld
ORDER BY r.position DESC LIMIT %lld;

-- name: stream_one
SELECT {streamed}
WHERE r.account_id = %lld AND r.message_id = %lld;

-- name: stream_threads
SELECT {streamed}
WHERE r.account_id = %lld AND r.thread_at IS NOT NULL AND r.thread_at <= %lld
ORDER BY r.thread_at DESC LIMIT %lld;

-- The number of the thread that a page begins with.
-- name: stream_thread_at
SELECT thread_at FROM recipient WHERE account_id = %lld AND thread_at IS NOT NULL
ORDER BY thread_at DESC LIMIT 1 OFFSET %lld;

-- name: stream_replies sqlite
SELECT {streamed_columns}
FROM message m JOIN recipient r ON r.message_id = m.id
    LEFT JOIN reply_state s ON s.message_id = m.id
WHERE m.parent_id = %lld AND r.account_id = %lld AND m.deleted_at IS NULL
ORDER BY m.id DESC LIMIT %lld;
-- name: stream_replies pgsql
SELECT {streamed_columns}
FROM {all_of}, message m JOIN recipient r ON r.message_id = m.id
    LEFT JOIN reply_state s ON s.message_id = m.id
WHERE m.parent_id >= at.owner AND m.parent_id <= at.owner AND r.account_id = %lld
    AND m.deleted_at IS NULL
ORDER BY m.parent_id DESC, m.id DESC LIMIT %lld;

-- name: stream_below
SELECT r.position, r.others, m.created_at FROM recipient r JOIN message m ON m.id = r.message_id
WHERE r.account_id = %lld AND r.position <= %lld ORDER BY r.position DESC LIMIT 1;

-- How many by others lie below the oldest row or gap: they were cleaned away.
-- name: stream_first
SELECT others FROM (
    SELECT position, others FROM (SELECT r.position,
            r.others - CASE WHEN m.author_id = r.account_id THEN 0 ELSE 1 END AS others
        FROM recipient r JOIN message m ON m.id = r.message_id
        WHERE r.account_id = %lld ORDER BY r.position LIMIT 1) AS a
    UNION ALL
    SELECT position, others FROM (SELECT position, others - by_other AS others
        FROM recipient_gap WHERE account_id = %lld ORDER BY position LIMIT 1) AS b) AS t
ORDER BY position LIMIT 1;

-- name: stream_gaps
SELECT count(*) FROM recipient_gap WHERE account_id = %lld AND position > %lld AND position <= %lld;

-- name: stream_gaps_by_others
SELECT count(*) FROM recipient_gap WHERE account_id = %lld AND position > %lld AND by_other = 1;

-- name: reply_add
INSERT INTO reply_state (message_id, replies, last_id, last_author, last_at)
VALUES (%lld, 1, %lld, %s, %lld)
ON CONFLICT (message_id) DO UPDATE
SET replies = reply_state.replies + 1, last_id = EXCLUDED.last_id,
    last_author = EXCLUDED.last_author, last_at = EXCLUDED.last_at;

-- name: reply_erase
UPDATE reply_state SET last_author = '' WHERE message_id = %lld AND last_id = %lld;
-- name: reply_remove
UPDATE reply_state SET replies = replies - 1 WHERE message_id = %lld;
