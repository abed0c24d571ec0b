-- The index of words (src/store/search_index.h) and what is found by it.

-- Chatrooms with a whole block that is not in the index.
-- name: search_due
SELECT r.id, COALESCE(s.blocks, 0), (r.last_number + 1) / 512
FROM chatroom r LEFT JOIN search_room s ON s.room_id = r.id
WHERE (r.last_number + 1) / 512 > COALESCE(s.blocks, 0) ORDER BY r.id LIMIT %lld;

-- A block that is part of another one by now.
-- name: search_unread_due
SELECT b.block, r.blocks FROM search_block b
    JOIN search_room r ON r.room_id = b.block / 2147483648
WHERE b.size = 0 AND b.block < r.room_id * 2147483648 + r.blocks
ORDER BY b.block LIMIT %lld;

-- A message that the index may be wrong about.
-- name: search_stale_due
SELECT s.message_id, r.blocks FROM search_stale s
    JOIN search_room r ON r.room_id = s.message_id / 1099511627776
WHERE s.message_id < r.room_id * 1099511627776 + r.blocks * 512
ORDER BY s.message_id LIMIT %lld;

-- name: search_stale_of
SELECT message_id, changes FROM search_stale WHERE message_id >= %lld AND message_id < %lld;

-- name: search_stale_done
DELETE FROM search_stale WHERE message_id = %lld AND changes = %lld;

-- name: search_first
SELECT id FROM message WHERE id >= %lld AND id < %lld ORDER BY id LIMIT 1;

-- A direct message once for each of its parties.
-- name: search_texts
SELECT m.id, m.channel_id, m.author_id, m.body, r.account_id, r.peer_id
FROM message m LEFT JOIN recipient r ON r.message_id = m.id
WHERE m.id >= %lld AND m.id < %lld AND m.deleted_at IS NULL AND m.kind <> 2
    AND (m.channel_id IS NOT NULL OR m.kind = 3 OR r.account_id IS NOT NULL)
ORDER BY m.id, r.account_id;

-- name: search_room_add
INSERT INTO search_room (room_id, blocks, version) VALUES (%lld, 0, 0) ON CONFLICT DO NOTHING;

-- name: search_room_set
UPDATE search_room SET blocks = %lld, version = version + 1 WHERE room_id = %lld AND version = %lld;

-- name: search_blocks
SELECT blocks FROM search_room WHERE room_id = %lld;

-- The block that has a piece.
-- name: search_block_of
SELECT block, size FROM search_block WHERE block >= %lld AND block < %lld AND size > 0
ORDER BY block LIMIT 1;

-- name: search_version
SELECT version FROM search_room WHERE room_id = %lld;

-- name: search_block_add
INSERT INTO search_block (block, size) VALUES (%lld, 0) ON CONFLICT DO NOTHING;

-- name: search_block_set
UPDATE search_block SET size = %lld WHERE block = %lld;

-- name: search_block_unset
UPDATE search_block SET size = 0 WHERE block >= %lld AND block < %lld AND size > 0;

-- name: search_block_delete
DELETE FROM search_block WHERE block = %lld;

-- name: search_lists
SELECT word, entries FROM search_posting WHERE scope = %lld AND block = %lld ORDER BY word;

-- name: search_put sqlite
INSERT INTO search_posting (scope, block, word, entries)
SELECT %lld, %lld, key, value FROM json_each(%s) WHERE true
ON CONFLICT (scope, block, word) DO UPDATE SET entries = EXCLUDED.entries;

-- name: search_put pgsql
INSERT INTO search_posting (scope, block, word, entries)
SELECT CAST(%lld AS BIGINT), CAST(%lld AS BIGINT), key, value
FROM json_each_text(CAST(%s AS json))
ON CONFLICT (scope, block, word) DO UPDATE SET entries = EXCLUDED.entries;

-- name: search_remove sqlite
DELETE FROM search_posting
WHERE scope = %lld AND block = %lld AND word IN (SELECT value FROM json_each(%s));

-- name: search_remove pgsql
DELETE FROM search_posting
WHERE scope = %lld AND block = %lld
    AND word IN (SELECT value FROM json_array_elements_text(CAST(%s AS json)));

-- The newest blocks.
-- name: search_newest
SELECT block, size FROM search_block WHERE block >= %lld AND block < %lld AND block - size + 1 < %lld AND size > 0
ORDER BY block DESC LIMIT %lld;

-- In each block the row that a word may be in, and those up to another word. CROSS JOIN and + 0
-- keep SQLite to look-ups for each block.
-- name: search_words
SELECT p.block, p.word, p.entries FROM search_block b CROSS JOIN search_posting p
WHERE p.scope = %lld AND p.block = b.block + 0 AND p.word >= COALESCE((SELECT MAX(q.word)
        FROM search_posting q WHERE q.scope = %lld AND q.block = b.block + 0 AND q.word <= %s), '')
    AND p.word <= %s AND b.block >= %lld AND b.block < %lld AND b.size > 0
ORDER BY b.block DESC;

-- What is not in the index, as a reader sees it.
-- name: search_tail
SELECT m.id, m.channel_id, m.author_id, m.body, r.account_id, r.peer_id
FROM message m LEFT JOIN recipient r ON r.message_id = m.id AND r.account_id = %lld
WHERE m.id >= %lld AND m.id < %lld AND m.deleted_at IS NULL AND m.kind <> 2
    AND (m.channel_id IS NOT NULL OR m.kind = 3 OR r.account_id IS NOT NULL)
ORDER BY m.id DESC LIMIT %lld;

-- All of them; without a text when it was deleted or is not for the reader.
-- name: search_changed
SELECT s.message_id, m.channel_id, m.author_id, m.body, r.account_id, r.peer_id
FROM search_stale s
    LEFT JOIN recipient r ON r.message_id = s.message_id AND r.account_id = %lld
    LEFT JOIN message m ON m.id = s.message_id AND m.deleted_at IS NULL AND m.kind <> 2
        AND (m.channel_id IS NOT NULL OR m.kind = 3 OR r.account_id IS NOT NULL)
WHERE s.message_id >= %lld AND s.message_id < %lld ORDER BY s.message_id DESC LIMIT %lld;

-- name: search_page sqlite
SELECT {message_with_channel}
WHERE m.id IN (SELECT value FROM json_each(%s)) AND m.deleted_at IS NULL
    AND (m.channel_id IS NOT NULL OR m.kind = 3 OR EXISTS
        (SELECT 1 FROM recipient r WHERE r.message_id = m.id AND r.account_id = %lld))
ORDER BY m.id DESC;

-- name: search_page pgsql
SELECT {message_with_channel}
WHERE m.id IN (SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(%s AS json)))
    AND m.deleted_at IS NULL
    AND (m.channel_id IS NOT NULL OR m.kind = 3 OR EXISTS
        (SELECT 1 FROM recipient r WHERE r.message_id = m.id AND r.account_id = %lld))
ORDER BY m.id DESC;

-- For chatctl: how much there is, and a new start.
-- name: search_totals
SELECT (SELECT count(*) FROM search_block WHERE size > 0), (SELECT count(*) FROM search_posting),
    (SELECT count(*) FROM search_stale);

-- name: search_block_after
SELECT block, size FROM search_block WHERE block > %lld AND size > 0 ORDER BY block LIMIT 1;

-- name: search_restart
UPDATE search_room SET blocks = 0, version = version + 1;
