-- The replies to a message, whatever the depth; a deleted one stays while it has replies itself.

-- name: thread_of_channel sqlite
SELECT {message} FROM message m
WHERE m.root_id = %lld AND m.id < %lld AND (m.deleted_at IS NULL OR EXISTS
    (SELECT 1 FROM reply_state s WHERE s.message_id = m.id AND s.replies > 0))
ORDER BY m.id DESC LIMIT %lld;
-- name: thread_of_channel pgsql
SELECT {message} FROM {at}, message m
WHERE (m.root_id, m.id) < (at.owner, at.id) AND m.root_id >= at.owner
    AND ({stands} OR EXISTS
    (SELECT 1 FROM reply_state s WHERE s.message_id = m.id AND s.replies > 0))
ORDER BY m.root_id DESC, m.id DESC LIMIT %lld;

-- name: thread_direct sqlite
SELECT {message} FROM message m JOIN recipient r ON r.message_id = m.id
WHERE m.root_id = %lld AND m.id < %lld AND r.account_id = %lld AND m.deleted_at IS NULL
ORDER BY m.id DESC LIMIT %lld;
-- name: thread_direct pgsql
SELECT {message} FROM {at}, message m JOIN recipient r ON r.message_id = m.id
WHERE (m.root_id, m.id) < (at.owner, at.id) AND m.root_id >= at.owner AND r.account_id = %lld
    AND m.deleted_at IS NULL
ORDER BY m.root_id DESC, m.id DESC LIMIT %lld;
