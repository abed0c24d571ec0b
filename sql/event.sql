-- The event log.

-- name: event_insert
INSERT INTO event (id, kind, channel_id, account_id, subject, audience, created_at, detail)
VALUES (%lld, %lld, %lld, %lld, %lld, %s, %lld, %s);

-- name: event_follow
SELECT e.id, e.kind, e.channel_id, e.account_id, e.subject, e.audience, e.created_at,
    c.name, c.public, m.kind, m.author_name, m.recipients, m.body, e.detail, m.edited_at,
    CASE WHEN m.root_id IS NULL THEN NULL ELSE m.parent_id END, m.mentions, m.deleted_at,
    CASE e.kind WHEN 12 THEN c.description END, c.slow_seconds
FROM event e LEFT JOIN channel c ON c.id = e.channel_id
    LEFT JOIN message m ON m.id = CASE e.kind WHEN 1 THEN e.id WHEN 9 THEN e.subject END
WHERE e.id > %lld AND e.id < %lld ORDER BY e.id LIMIT %lld;

-- name: event_first
SELECT id FROM event WHERE id > %lld AND id < %lld ORDER BY id LIMIT 1;
