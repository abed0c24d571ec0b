-- What chatctl check made to try a site with: all of it goes.

-- name: trial_list
SELECT id, external FROM account WHERE room_id = %lld AND external >= %s AND external < %s ORDER BY id;

-- A channel with an id that no other one ever gets.
-- name: trial_channel
INSERT INTO channel (id, room_id, uuid, name, name_key, creator_id, creator_name, public, created_at)
VALUES (%lld, %lld, %s, %s, %s, %lld, %s, %lld, %lld);

-- Whatever stands in its channels is its own.
-- name: trial_adopt
UPDATE message SET author_id = %lld WHERE channel_id IN (SELECT id FROM channel WHERE id < 0 AND creator_id = %lld);

-- name: trial_drop_events
DELETE FROM event WHERE id > %lld AND id < %lld AND (account_id = %lld
    OR channel_id IN (SELECT id FROM channel WHERE id < 0 AND creator_id = %lld)
    OR id IN (SELECT id FROM message WHERE author_id = %lld));
-- name: trial_drop_versions
DELETE FROM message_version WHERE message_id IN (SELECT id FROM message WHERE author_id = %lld);
-- name: trial_drop_reactions
DELETE FROM reaction WHERE message_id IN (SELECT id FROM message WHERE author_id = %lld);
-- name: trial_drop_mentions
DELETE FROM mention WHERE message_id IN (SELECT id FROM message WHERE author_id = %lld);
-- name: trial_drop_reports
DELETE FROM report WHERE message_id IN (SELECT id FROM message WHERE author_id = %lld);
-- name: trial_drop_replies
DELETE FROM reply_state WHERE message_id IN (SELECT id FROM message WHERE author_id = %lld);
-- name: trial_drop_gaps
DELETE FROM recipient_gap WHERE message_id IN (SELECT id FROM message WHERE author_id = %lld);
-- name: trial_drop_recipients
DELETE FROM recipient WHERE message_id IN (SELECT id FROM message WHERE author_id = %lld);
-- name: trial_drop_messages
DELETE FROM message WHERE author_id = %lld;
-- name: trial_drop_received
DELETE FROM recipient WHERE account_id = %lld;
-- What others wrote to it and deleted, and where they mentioned it.
-- name: trial_drop_holes
DELETE FROM recipient_gap WHERE account_id = %lld;
-- name: trial_drop_mentioned
DELETE FROM mention WHERE account_id = %lld;
-- name: trial_drop_members
DELETE FROM membership WHERE channel_id IN (SELECT id FROM channel WHERE id < 0 AND creator_id = %lld);
-- name: trial_drop_channels
DELETE FROM channel WHERE id < 0 AND creator_id = %lld;
-- name: trial_drop_memberships
DELETE FROM membership WHERE account_id = %lld;
-- name: trial_drop_sessions
DELETE FROM session WHERE account_id = %lld;
-- name: trial_drop_approvals
DELETE FROM approval WHERE owner_id = %lld;
-- name: trial_drop_paces
DELETE FROM slow_send WHERE account_id = %lld;
-- name: trial_drop_mutes
DELETE FROM mute WHERE account_id = %lld;
-- name: trial_drop_marks
DELETE FROM read_marker WHERE account_id = %lld;
-- name: trial_drop_account
DELETE FROM account WHERE id = %lld;

-- name: trial_drop_visitor
DELETE FROM visitor_ended WHERE hash = %s;
