-- Schema for SQLite. Times are microseconds since 1970, flags 0 or 1, text is UTF-8.
-- Rows that are numbered per chatroom have id = chatroom * 2^40 + number.

-- step 1
-- A tenant. last_number and last_time are the counter of its messages and events.
CREATE TABLE chatroom (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    owner_id INTEGER,
    min_password INTEGER NOT NULL DEFAULT 10,
    last_number INTEGER NOT NULL DEFAULT 0,
    last_time INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

-- state: 0 pending, 1 open, 2 banned, 3 closed. rank: 0 member, 1 moderator, 2 administrator.
-- token_generation counts the Button tokens that were made; token_hash is the keyed hash of
-- the one that is valid, NULL when there is none.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    room_id INTEGER NOT NULL REFERENCES chatroom (id),
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    email TEXT,
    email_key TEXT,
    password_hash TEXT,
    state INTEGER NOT NULL,
    rank INTEGER NOT NULL DEFAULT 0,
    color INTEGER NOT NULL DEFAULT 0,
    description TEXT,
    languages TEXT,
    location TEXT,
    icon TEXT,
    token_generation INTEGER NOT NULL DEFAULT 0,
    token_hash TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    UNIQUE (room_id, name_key),
    UNIQUE (room_id, email_key)
) STRICT;

-- Chatroom cookies, teendevops sessions, Kinglet session ids; at rest only as keyed hashes.
CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    dialect INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account_id);

CREATE TABLE channel (
    id INTEGER PRIMARY KEY,
    room_id INTEGER NOT NULL REFERENCES chatroom (id),
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT,
    creator_id INTEGER,
    creator_name TEXT,
    public INTEGER NOT NULL,
    deleted_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX channel_by_name ON channel (room_id, name_key) WHERE deleted_at IS NULL;

-- permissions: 1 read, 2 write, 4 administrate. joined 0: only the permissions differ from
-- the channel's, the account is no member.
CREATE TABLE membership (
    account_id INTEGER NOT NULL REFERENCES account (id),
    channel_id INTEGER NOT NULL REFERENCES channel (id),
    permissions INTEGER NOT NULL,
    joined INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, channel_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_channel ON membership (channel_id, account_id);

-- kind: 1 text, 2 system, 3 announcement. author_name is the name it was said under;
-- recipients are names, for direct messages: separated by a space, or each ended by a line
-- break when one of them has a space.
-- A deleted message keeps its row and loses its body.
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    channel_id INTEGER REFERENCES channel (id),
    author_id INTEGER REFERENCES account (id),
    author_name TEXT NOT NULL,
    recipients TEXT,
    parent_id INTEGER,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE INDEX message_by_channel ON message (channel_id, id) WHERE channel_id IS NOT NULL;
CREATE INDEX message_by_author ON message (author_id, id) WHERE author_id IS NOT NULL;
CREATE INDEX message_announced ON message (id) WHERE kind = 3;

-- Who sees a direct message: its recipients and its author.
CREATE TABLE recipient (
    account_id INTEGER NOT NULL REFERENCES account (id),
    message_id INTEGER NOT NULL REFERENCES message (id),
    PRIMARY KEY (account_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_by_message ON recipient (message_id);

CREATE TABLE invite (
    id TEXT PRIMARY KEY,
    room_id INTEGER NOT NULL REFERENCES chatroom (id),
    creator_id INTEGER,
    uses_left INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, in the order of its commits. kind: see src/store/event.h. A message's event
-- has the message's own number. audience: ids of accounts with blanks between.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    channel_id INTEGER,
    account_id INTEGER,
    subject INTEGER,
    audience TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- Things to deliver outside. kind: see src/store/outbox.h. state: 0 waiting, 1 delivered,
-- 2 given up, 3 no target.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    room_id INTEGER NOT NULL REFERENCES chatroom (id),
    kind INTEGER NOT NULL,
    account_id INTEGER,
    target TEXT,
    payload TEXT NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    reason TEXT,
    created_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 0;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    request_hash TEXT NOT NULL,
    result INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Which account may send to which Discord channel (kind 1) or person (kind 2), by the name
-- it uses for it.
CREATE TABLE discord_link (
    account_id INTEGER NOT NULL REFERENCES account (id),
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    discord_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, name_key)
) STRICT, WITHOUT ROWID;

-- step 2
-- What a message of the chatroom API replies to, when that is no message of its chatroom.
ALTER TABLE message ADD COLUMN reply_uuid TEXT;
CREATE INDEX invite_by_expiry ON invite (expires_at);

-- step 3
-- Ids of teendevops visitors who have logged in since, as keyed hashes: they need no row to
-- be known, so they need one to be dead.
CREATE TABLE visitor_ended (
    hash TEXT PRIMARY KEY,
    ended_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX visitor_ended_by_age ON visitor_ended (ended_at);
CREATE INDEX account_by_language ON account (room_id, COALESCE(languages, 'None'), id)
WHERE state = 1;
CREATE INDEX channel_public ON channel (room_id, id) WHERE public = 1 AND deleted_at IS NULL;

-- step 4
-- position counts an account's direct messages, others those of them from other accounts; both
-- go on growing with the message's number, so a page by number and a count need no walk.
-- thread_at is the number of the latest direct reply, or the message's own, when the message
-- starts a thread; NULL for a reply. A row that goes away leaves a gap behind.
ALTER TABLE recipient ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recipient ADD COLUMN others INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recipient ADD COLUMN thread_at INTEGER;
DELETE FROM recipient WHERE message_id IN (SELECT id FROM message WHERE deleted_at IS NOT NULL);
UPDATE recipient SET position = n.position, others = n.others, thread_at = n.message_id
FROM (SELECT r.account_id, r.message_id, ROW_NUMBER() OVER w AS position,
        SUM(CASE WHEN m.author_id = r.account_id THEN 0 ELSE 1 END) OVER w AS others
    FROM recipient r JOIN message m ON m.id = r.message_id
    WINDOW w AS (PARTITION BY r.account_id ORDER BY r.message_id)) AS n
WHERE recipient.account_id = n.account_id AND recipient.message_id = n.message_id;
CREATE UNIQUE INDEX recipient_by_position ON recipient (account_id, position);
CREATE INDEX recipient_by_activity ON recipient (account_id, thread_at)
    WHERE thread_at IS NOT NULL;
CREATE TABLE recipient_gap (
    account_id INTEGER NOT NULL REFERENCES account (id),
    position INTEGER NOT NULL,
    others INTEGER NOT NULL,
    by_other INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_gap_by_message ON recipient_gap (message_id);

-- Direct replies to a message; the row comes with the first one.
CREATE TABLE reply_state (
    message_id INTEGER PRIMARY KEY,
    replies INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    last_author TEXT NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_by_parent ON message (parent_id, id) WHERE parent_id IS NOT NULL;

-- The keyed hash of the digest that opens a pending account.
CREATE TABLE activation (
    hash TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL UNIQUE REFERENCES account (id)
) STRICT, WITHOUT ROWID;

-- A password that was mailed; it takes the place of the account's own at its first use.
CREATE TABLE second_password (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    password_hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Who asked to be on whose approved list. state: 0 pending, 1 approved, 2 rejected.
CREATE TABLE approval (
    owner_id INTEGER NOT NULL REFERENCES account (id),
    requester_id INTEGER NOT NULL REFERENCES account (id),
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner_id, requester_id)
) STRICT, WITHOUT ROWID;

-- step 5
-- since: from when on an item's time to be delivered counts; claimed: it is under way.
-- Order is kept per target, so only the first one that waits may be taken.
ALTER TABLE outbox ADD COLUMN since INTEGER;
ALTER TABLE outbox ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_head ON outbox (kind, COALESCE(target, ''), id) WHERE state = 0;
-- One-time codes with which a Discord user proves which account is theirs, as keyed
-- hashes; and what they have shown: the account that speaks for a Discord person.
CREATE TABLE discord_code (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    hash TEXT NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE discord_person (
    room_id INTEGER NOT NULL REFERENCES chatroom (id),
    discord_id TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, discord_id)
) STRICT, WITHOUT ROWID;

-- step 6
-- Sessions past ChatSessionLifetime are found by their last use.
CREATE INDEX session_by_use ON session (used_at);

-- step 7
-- Order is kept per target and account, so that the accounts that write to a target take
-- turns.
DROP INDEX outbox_head;
CREATE INDEX outbox_head ON outbox (kind, COALESCE(target, ''), COALESCE(account_id, 0), id)
    WHERE state = 0;

-- step 8
-- Conversation. A reply in its parent's channel, or to a direct message, has the message that
-- began the thread as root. mentions: names, each ended by a line break; an empty one is @channel.
ALTER TABLE message ADD COLUMN edited_at INTEGER;
ALTER TABLE message ADD COLUMN root_id INTEGER;
ALTER TABLE message ADD COLUMN mentions TEXT;
WITH RECURSIVE t (id, root, channel) AS (
    SELECT DISTINCT m.parent_id, m.parent_id, COALESCE(m.channel_id, 0) FROM message m
    WHERE m.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM message p
        WHERE p.id = m.parent_id AND (p.parent_id IS NOT NULL
            OR COALESCE(p.channel_id, 0) <> COALESCE(m.channel_id, 0)))
    UNION ALL
    SELECT m.id, t.root, t.channel FROM message m JOIN t ON m.parent_id = t.id
    WHERE COALESCE(m.channel_id, 0) = t.channel)
UPDATE message SET root_id = t.root FROM t
WHERE message.id = t.id AND message.parent_id IS NOT NULL;
CREATE INDEX message_by_root ON message (root_id, id) WHERE root_id IS NOT NULL;
INSERT INTO reply_state (message_id, replies, last_id, last_author, last_at)
SELECT n.parent_id, n.replies, l.id, l.author_name, l.created_at
FROM (SELECT parent_id, count(*) AS replies, MAX(id) AS last_id FROM message
    WHERE parent_id IS NOT NULL AND channel_id IS NOT NULL AND deleted_at IS NULL
    GROUP BY parent_id) AS n JOIN message l ON l.id = n.last_id
WHERE true
ON CONFLICT DO NOTHING;

-- The texts that a message had before; written_at is when each was written.
CREATE TABLE message_version (
    message_id INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (message_id, written_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction (
    message_id INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, emoji, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reaction_by_account ON reaction (account_id);

-- Whom a message mentions. account 0: every reader of the channel; channel 0: a direct message.
CREATE TABLE mention (
    account_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mention_by_channel ON mention (account_id, channel_id, message_id);
CREATE INDEX mention_by_message ON mention (message_id);

-- peer_id: the other account of a direct message between two, the account itself in one to
-- itself; 0: several accounts.
ALTER TABLE recipient ADD COLUMN peer_id INTEGER NOT NULL DEFAULT 0;
UPDATE recipient SET peer_id = n.peer
FROM (SELECT r.account_id, r.message_id, o.n,
        CASE r.account_id WHEN o.low THEN o.high ELSE o.low END AS peer
    FROM recipient r JOIN (SELECT message_id, count(*) AS n, MIN(account_id) AS low,
        MAX(account_id) AS high FROM recipient GROUP BY message_id) AS o
        ON o.message_id = r.message_id) AS n
WHERE recipient.account_id = n.account_id AND recipient.message_id = n.message_id AND n.n < 3;
CREATE INDEX recipient_by_peer ON recipient (account_id, peer_id, message_id);

-- How far an account has read: a channel, or the direct messages with a peer. What was there
-- before this step counts as read.
CREATE TABLE read_marker (
    account_id INTEGER NOT NULL REFERENCES account (id),
    channel_id INTEGER NOT NULL DEFAULT 0,
    peer_id INTEGER NOT NULL DEFAULT 0,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, channel_id, peer_id)
) STRICT, WITHOUT ROWID;
INSERT INTO read_marker (account_id, channel_id, message_id)
SELECT m.account_id, m.channel_id, l.last FROM membership m
    JOIN (SELECT channel_id, MAX(id) AS last FROM message WHERE channel_id IS NOT NULL
        GROUP BY channel_id) AS l ON l.channel_id = m.channel_id
WHERE m.joined = 1;
INSERT INTO read_marker (account_id, peer_id, message_id)
SELECT account_id, peer_id, MAX(message_id) FROM recipient WHERE peer_id <> 0
GROUP BY account_id, peer_id;

ALTER TABLE event ADD COLUMN detail TEXT;
ALTER TABLE account ADD COLUMN presence_hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN address TEXT;

-- Signing on. external: the site's own id of an account's user; guest_used_at: the last use of
-- a guest, NULL for others.
ALTER TABLE account ADD COLUMN external TEXT;
ALTER TABLE account ADD COLUMN guest_used_at INTEGER;
CREATE UNIQUE INDEX account_by_external ON account (room_id, external)
    WHERE external IS NOT NULL;
CREATE INDEX guest_by_use ON account (guest_used_at) WHERE guest_used_at IS NOT NULL;
-- Assertions that were used, as keyed hashes, until their time is over.
CREATE TABLE assertion_used (
    hash TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX assertion_used_by_expiry ON assertion_used (expires_at);

-- Moderation. banned_until: when a ban ends by itself. skeleton: what the name looks like
-- (base/skeleton.h); NULL until it was computed; a blank and the row's id when another row looks
-- the same. muted 1: rows of mute may apply. hidden 1: a banned raider, not in lists of users.
ALTER TABLE account ADD COLUMN banned_until INTEGER;
ALTER TABLE account ADD COLUMN skeleton TEXT;
ALTER TABLE account ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX account_by_skeleton ON account (room_id, skeleton) WHERE skeleton IS NOT NULL;
CREATE INDEX account_unlike ON account (id) WHERE skeleton IS NULL;
CREATE INDEX account_muted ON account (id) WHERE muted = 1;
CREATE INDEX account_banned ON account (room_id, id) WHERE state = 2;
CREATE INDEX account_ban_ends ON account (banned_until) WHERE banned_until IS NOT NULL;
CREATE INDEX account_ranked ON account (room_id) WHERE rank > 0;
CREATE INDEX account_by_age ON account (room_id, created_at);
ALTER TABLE channel ADD COLUMN slow_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN skeleton TEXT;
CREATE UNIQUE INDEX channel_by_skeleton ON channel (room_id, skeleton)
    WHERE skeleton IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX channel_unlike ON channel (id) WHERE skeleton IS NULL AND deleted_at IS NULL;

-- Who may not send where; channel 0: in the whole chatroom. until NULL: no end.
CREATE TABLE mute (
    account_id INTEGER NOT NULL REFERENCES account (id),
    channel_id INTEGER NOT NULL,
    until INTEGER,
    actor_id INTEGER,
    reason TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, channel_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mute_ends ON mute (until) WHERE until IS NOT NULL;

-- When an account last sent to a channel in slow mode; without a row: not lately.
CREATE TABLE slow_send (
    account_id INTEGER NOT NULL REFERENCES account (id),
    channel_id INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, channel_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX slow_send_by_age ON slow_send (sent_at);

-- state: 0 open, 1 closed. body: what the message said then, while it is open.
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    room_id INTEGER NOT NULL REFERENCES chatroom (id),
    message_id INTEGER NOT NULL,
    reporter_id INTEGER NOT NULL REFERENCES account (id),
    reason TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    action TEXT,
    closer_id INTEGER,
    closing_reason TEXT,
    created_at INTEGER NOT NULL,
    closed_at INTEGER,
    body TEXT,
    UNIQUE (message_id, reporter_id)
) STRICT;
CREATE INDEX report_by_state ON report (room_id, state, id);
CREATE INDEX report_by_reporter ON report (reporter_id);

-- Every act of moderation. target is a name; target_id an account, or NULL.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    room_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_id INTEGER,
    actor_name TEXT NOT NULL,
    act TEXT NOT NULL,
    target TEXT,
    target_id INTEGER,
    message_id INTEGER,
    channel_id INTEGER,
    reason TEXT
) STRICT;
CREATE INDEX audit_by_room ON audit (room_id, id);
CREATE INDEX audit_by_target ON audit (room_id, target_id, id) WHERE target_id IS NOT NULL;

-- Networks whose requests are refused, in the form that base/network.h writes. A row whose
-- until is over counts no more. changed_at is the version of the table: it only grows.
CREATE TABLE network (
    network TEXT PRIMARY KEY,
    until INTEGER,
    actor_name TEXT NOT NULL,
    reason TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX network_by_change ON network (changed_at);
CREATE INDEX network_ends ON network (until) WHERE until IS NOT NULL;

-- Chatrooms in an emergency.
CREATE TABLE emergency (
    room_id INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    actor_name TEXT NOT NULL,
    reason TEXT
) STRICT;

-- How long messages of the chatroom are kept, in seconds; 0: forever, NULL: as ChatRetention says.
ALTER TABLE chatroom ADD COLUMN keep_seconds INTEGER;

-- Search (src/store/search_index.h). Of each chatroom the first `blocks` pieces of 512 numbers are
-- in the index; version grows with each write. A block has `size` of them, and the number of its
-- last; one of size 0 is not to be read: it is under way, or below `blocks` and to be removed.
-- scope: the chatroom's id for channels and announcements, its negative for direct messages. word:
-- the first of those whose lists are in `entries`.
CREATE TABLE search_room (
    room_id INTEGER PRIMARY KEY,
    blocks INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE search_block (
    block INTEGER PRIMARY KEY,
    size INTEGER NOT NULL
) STRICT;
CREATE INDEX search_block_unread ON search_block (block) WHERE size = 0;
CREATE TABLE search_posting (
    scope INTEGER NOT NULL,
    block INTEGER NOT NULL,
    word TEXT NOT NULL,
    entries TEXT NOT NULL,
    PRIMARY KEY (scope, block, word)
) STRICT, WITHOUT ROWID;
-- Messages whose text changed or went since the index may have read it. Triggers, so that no
-- program that writes can forget it, whatever its version.
CREATE TABLE search_stale (
    message_id INTEGER PRIMARY KEY,
    changes INTEGER NOT NULL
) STRICT;
CREATE TRIGGER search_changed AFTER UPDATE OF body, deleted_at ON message BEGIN
    INSERT INTO search_stale (message_id, changes) VALUES (OLD.id, 1)
    ON CONFLICT (message_id) DO UPDATE SET changes = changes + 1; END;
CREATE TRIGGER search_removed AFTER DELETE ON message BEGIN
    INSERT INTO search_stale (message_id, changes) VALUES (OLD.id, 1)
    ON CONFLICT (message_id) DO UPDATE SET changes = changes + 1; END;
