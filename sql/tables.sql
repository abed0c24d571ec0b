-- What a database has, table by table, in an order in which every row comes after those that it
-- refers to: from this, copies, exports, sizes and the erasing of an account are made
-- (src/store/rows.h). The columns, their types and the key are those of the schema.
--
--   -- table: TABLE by COLUMN [exported]
--   -- COLUMN[=TABLE[!]][~RULE] or COLUMN-
--
-- by: the column that tells whose row it is; -: the site's. =: it has the id of a row there (0
-- and NULL: of none); with !, the row goes when that account is erased. ~: what an import
-- accepts, LEAST:MOST or a word of src/core/import.c. -: an export leaves the column out.

-- table: chatroom by id exported
-- id=chatroom uuid~uuid name~room owner_id=account min_password~0:1000
-- last_number~0:1099511627775 last_time~time created_at~time
-- keep_seconds~0:99999999999

-- table: account by room_id exported
-- id=account room_id=chatroom uuid~uuid name~name name_key- email~email email_key-
-- password_hash~hash state~0:3 rank~-1:2 color~0:16777215 description~text languages~text
-- location~text icon~text token_generation~0:1099511627775 token_hash- created_at~time
-- presence_hidden~0:1 external~external guest_used_at~time banned_until~time skeleton- muted~0:1
-- hidden~0:1

-- table: channel by room_id exported
-- id=channel room_id=chatroom uuid~uuid name~channel name_key- description~text
-- creator_id=account creator_name~text public~0:1 deleted_at~time created_at~time
-- slow_seconds~0:21600 skeleton-

-- table: membership by account_id exported
-- account_id=account! channel_id=channel permissions~0:7 joined~0:1 joined_at~time

-- table: message by id exported
-- id=message kind~1:3 channel_id=channel author_id=account author_name~text recipients~text
-- parent_id=message body~body created_at~time deleted_at~time reply_uuid~text edited_at~time
-- root_id- mentions~text

-- table: message_version by message_id exported
-- message_id=message written_at~time body~body

-- table: recipient by account_id exported
-- account_id=account message_id=message position- others- thread_at- peer_id-

-- table: recipient_gap by account_id
-- account_id=account! message_id=message

-- table: reply_state by message_id
-- message_id=message last_id=message

-- table: reaction by message_id exported
-- message_id=message emoji~emoji account_id=account! created_at~time

-- table: mention by message_id exported
-- account_id=account message_id=message channel_id=channel

-- table: read_marker by account_id exported
-- account_id=account! channel_id=channel peer_id=account message_id=message

-- table: invite by room_id exported
-- id~text room_id=chatroom creator_id=account uses_left~0:1099511627775 expires_at~time
-- created_at~time

-- table: approval by owner_id exported
-- owner_id=account! requester_id=account! state~0:2 created_at~time

-- table: mute by account_id exported
-- account_id=account! channel_id=channel until~time actor_id=account reason~text created_at~time

-- table: report by room_id exported
-- id=report room_id=chatroom message_id=message reporter_id=account reason~text state~0:1
-- action~text closer_id=account closing_reason~text created_at~time closed_at~time body~text

-- table: audit by room_id exported
-- id=audit room_id=chatroom at~time actor_id=account actor_name~text act~text target~text
-- target_id=account message_id=message channel_id=channel reason~text

-- table: emergency by room_id exported
-- room_id=chatroom since~time actor_name~text reason~text

-- table: discord_link by account_id exported
-- account_id=account! name_key- name~channel kind~1:2 discord_id~text created_at~time

-- table: discord_person by room_id exported
-- room_id=chatroom discord_id~text account_id=account! created_at~time

-- table: session by account_id
-- account_id=account!
-- table: activation by account_id
-- account_id=account!
-- table: second_password by account_id
-- account_id=account!
-- table: discord_code by account_id
-- account_id=account!
-- table: slow_send by account_id
-- account_id=account!
-- table: event by id
-- id=message
-- table: outbox by room_id
-- id=outbox room_id=chatroom
-- table: search_room by room_id
-- room_id=chatroom
-- table: search_stale by message_id
-- message_id=message
-- table: search_block by -
-- table: search_posting by -
-- table: idempotency by -
-- table: visitor_ended by -
-- table: assertion_used by -
-- table: network by -
