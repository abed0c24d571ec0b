-- Cleaning and totals.

-- name: session_clean
DELETE FROM session WHERE hash IN
    (SELECT hash FROM session WHERE used_at <= %lld ORDER BY used_at LIMIT %lld);

-- name: site_totals
SELECT (SELECT count(*) FROM chatroom), (SELECT count(*) FROM account WHERE state <> 3),
    (SELECT count(*) FROM channel WHERE deleted_at IS NULL), (SELECT count(*) FROM message);

-- name: database_bytes sqlite
SELECT page_count * page_size FROM pragma_page_count, pragma_page_size;

-- name: database_bytes pgsql
SELECT pg_database_size(current_database());

-- Free pages above an eighth of the file, if it can become shorter by pieces.
-- name: database_surplus sqlite
SELECT CASE WHEN auto_vacuum = 2 THEN freelist_count - page_count / 8 - 256 ELSE 0 END
FROM pragma_auto_vacuum, pragma_freelist_count, pragma_page_count;

-- name: database_surplus pgsql
SELECT 0;

-- name: event_oldest
SELECT id, created_at FROM event WHERE id > %lld AND id < %lld ORDER BY id LIMIT %lld;

-- name: event_clean
DELETE FROM event WHERE id > %lld AND id <= %lld;

-- name: once_clean
DELETE FROM idempotency WHERE key IN
    (SELECT key FROM idempotency WHERE created_at < %lld ORDER BY created_at LIMIT %lld);

-- name: assertion_clean
DELETE FROM assertion_used WHERE hash IN
    (SELECT hash FROM assertion_used WHERE expires_at < %lld ORDER BY expires_at LIMIT %lld);

-- name: outbox_clean
DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE done_at < %lld LIMIT %lld);

-- name: invite_clean
DELETE FROM invite WHERE id IN (SELECT id FROM invite WHERE expires_at < %lld LIMIT %lld);

-- The oldest of a chatroom, to find how far a clean-up goes.
-- name: message_oldest
SELECT id, created_at FROM message WHERE id > %lld AND id < %lld ORDER BY id LIMIT %lld;

-- name: message_clean_recipients
DELETE FROM recipient WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_gaps
DELETE FROM recipient_gap WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_replies
DELETE FROM reply_state WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_versions
DELETE FROM message_version WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_reactions
DELETE FROM reaction WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean_mentions
DELETE FROM mention WHERE message_id > %lld AND message_id <= %lld;

-- name: message_clean
DELETE FROM message WHERE id > %lld AND id <= %lld;

-- name: anonymous_session_clean
DELETE FROM visitor_ended WHERE hash IN
    (SELECT hash FROM visitor_ended WHERE ended_at < %lld ORDER BY ended_at LIMIT %lld);

-- Bans that are over.
-- name: account_ban_clean
UPDATE account SET state = 1, banned_until = NULL WHERE id IN
    (SELECT id FROM account WHERE banned_until < %lld AND state = 2 LIMIT %lld);

-- name: mute_clean
DELETE FROM mute WHERE (account_id, channel_id) IN
    (SELECT account_id, channel_id FROM mute WHERE until < %lld LIMIT %lld);

-- name: mute_unflag
UPDATE account SET muted = 0
WHERE muted = 1 AND NOT EXISTS (SELECT 1 FROM mute m WHERE m.account_id = account.id);

-- name: slow_clean
DELETE FROM slow_send WHERE (account_id, channel_id) IN
    (SELECT account_id, channel_id FROM slow_send WHERE sent_at < %lld LIMIT %lld);

-- What ended a while ago: its end has been seen.
-- name: network_clean
DELETE FROM network WHERE changed_at < (SELECT MAX(changed_at) FROM network) AND network IN
    (SELECT network FROM network WHERE until < %lld LIMIT %lld);

-- name: rate_clean pgsql only
DELETE FROM rate WHERE key IN (SELECT key FROM rate WHERE ends < %lld LIMIT %lld);

-- name: rate_told_clean pgsql only
DELETE FROM rate_told WHERE (key, node) IN
    (SELECT key, node FROM rate_told WHERE told_at + 60 * length < %lld LIMIT %lld);
