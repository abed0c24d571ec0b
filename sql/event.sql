-- The event log.

-- name: event_insert
INSERT INTO event (id, kind, channel_id, account_id, subject, audience, created_at, detail)
VALUES (%lld, %lld, %lld, %lld, %lld, %s, %lld, %s);

-- name: event_follow
SELECT e.id, e.kind, e.channel_id, e.account_id, e.subject, e.audience, e.created_at,
    c.name, c.public, m.kind, m.author_name, m.recipients, m.body
FROM event e LEFT JOIN channel c ON c.id = e.channel_id
    LEFT JOIN message m ON m.id = e.id AND e.kind = 1
WHERE e.id > %lld AND e.id < %lld ORDER BY e.id LIMIT %lld;

-- name: event_first
SELECT id FROM event WHERE id > %lld AND id < %lld ORDER BY id LIMIT 1;
