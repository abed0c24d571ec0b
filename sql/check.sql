-- What chatctl check looks for, as rows of table and row; texts have the text as a third column.

-- name: check_counter
SELECT 'chatroom', id FROM chatroom r
WHERE EXISTS (SELECT 1 FROM message m WHERE m.id > r.id * 1099511627776 + r.last_number
        AND m.id < (r.id + 1) * 1099511627776)
    OR EXISTS (SELECT 1 FROM event e WHERE e.id > r.id * 1099511627776 + r.last_number
        AND e.id < (r.id + 1) * 1099511627776)
ORDER BY id;

-- name: check_order
SELECT 'message', id FROM (SELECT id, created_at,
        LAG(created_at) OVER (PARTITION BY id / 1099511627776 ORDER BY id) AS before
    FROM message) AS m
WHERE created_at <= before ORDER BY id;

-- name: check_event
SELECT 'message', id FROM message m WHERE created_at > %lld
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.id = m.id)
ORDER BY id;

-- name: check_direct
SELECT 'message', id FROM message m WHERE m.recipients IS NOT NULL
    AND m.deleted_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = m.id)
ORDER BY id;

-- What is no damage.
-- name: check_future
SELECT 'message', id FROM message WHERE created_at > %lld ORDER BY id;

-- name: check_given_up
SELECT 'outbox', id FROM outbox WHERE state = 2 ORDER BY id;

-- name: check_waiting
SELECT 'outbox', id FROM outbox WHERE state = 0 AND created_at < %lld ORDER BY id;

-- name: check_emergency
SELECT 'chatroom', room_id FROM emergency ORDER BY room_id;

-- Rows that refer to none; PostgreSQL does not let that happen. The check of SQLite cannot name
-- the rows of tables that have no number for each.
-- name: check_references sqlite
SELECT 'session of account', account_id FROM session
WHERE account_id NOT IN (SELECT id FROM account)
UNION ALL
SELECT 'membership of account, channel', account_id || '/' || channel_id FROM membership
WHERE account_id NOT IN (SELECT id FROM account) OR channel_id NOT IN (SELECT id FROM channel)
UNION ALL
SELECT 'recipient by account, message', account_id || '/' || message_id FROM recipient
WHERE account_id NOT IN (SELECT id FROM account) OR message_id NOT IN (SELECT id FROM message)
UNION ALL
SELECT 'invite', id FROM invite WHERE room_id NOT IN (SELECT id FROM chatroom)
UNION ALL
SELECT 'discord_link of account', account_id || '/' || name FROM discord_link
WHERE account_id NOT IN (SELECT id FROM account)
UNION ALL
SELECT "table", COALESCE(rowid, 'without a number') FROM pragma_foreign_key_check
WHERE "table" NOT IN ('session', 'membership', 'recipient', 'invite', 'discord_link');

-- name: check_references pgsql
SELECT NULL WHERE 1 = 0;

-- PostgreSQL takes no other texts.
-- name: check_texts sqlite
SELECT 'chatroom.name', id, name FROM chatroom
UNION ALL SELECT 'account.name', id, name FROM account
UNION ALL SELECT 'account.email', id, email FROM account
UNION ALL SELECT 'account.description', id, description FROM account
UNION ALL SELECT 'account.languages', id, languages FROM account
UNION ALL SELECT 'account.location', id, location FROM account
UNION ALL SELECT 'account.icon', id, icon FROM account
UNION ALL SELECT 'channel.name', id, name FROM channel
UNION ALL SELECT 'channel.description', id, description FROM channel
UNION ALL SELECT 'channel.creator_name', id, creator_name FROM channel
UNION ALL SELECT 'message.author_name', id, author_name FROM message
UNION ALL SELECT 'message.recipients', id, recipients FROM message
UNION ALL SELECT 'message.body', id, body FROM message
UNION ALL SELECT 'message_version.body of message', message_id, body FROM message_version
UNION ALL SELECT 'outbox.payload', id, payload FROM outbox
UNION ALL SELECT 'discord_link.name of account', account_id, name FROM discord_link
UNION ALL SELECT 'reply_state.last_author of message', message_id, last_author FROM reply_state;

-- name: check_texts pgsql
SELECT NULL WHERE 1 = 0;

-- The database's clock against ours, which it gets.
-- name: check_clock sqlite
SELECT 'clock', 1 WHERE %lld < 0;

-- name: check_clock pgsql
SELECT 'clock', 1 WHERE abs(extract(epoch FROM clock_timestamp()) * 1000000 - %lld) > 10000000;
