-- Reports of messages.

-- part: report
r.id, r.room_id, r.message_id, r.reporter_id, p.name, r.reason, r.state, r.action,
    c.name, r.closing_reason, r.created_at, r.closed_at,
    (SELECT count(*) FROM report o WHERE o.reporter_id = r.reporter_id),
    (SELECT count(*) FROM report o WHERE o.reporter_id = r.reporter_id AND o.action <> 'none'),
    r.body
FROM report r JOIN account p ON p.id = r.reporter_id LEFT JOIN account c ON c.id = r.closer_id;

-- name: report_insert
INSERT INTO report (room_id, message_id, reporter_id, reason, created_at, body)
VALUES (%lld, %lld, %lld, %s, %lld, (SELECT body FROM message WHERE id = %lld))
ON CONFLICT DO NOTHING
RETURNING id;

-- name: report_again
SELECT id FROM report WHERE message_id = %lld AND reporter_id = %lld;

-- name: report_open_count
SELECT count(*) FROM report WHERE reporter_id = %lld AND state = 0;

-- name: report_page
SELECT {report} WHERE r.room_id = %lld AND r.state = %lld AND r.id < %lld
ORDER BY r.id DESC LIMIT %lld;

-- Those of direct messages, and of channels that an account may read.
-- name: report_page_of
SELECT {report} LEFT JOIN message m ON m.id = r.message_id
WHERE r.room_id = %lld AND r.state = %lld AND r.id < %lld
    AND (m.channel_id IS NULL OR COALESCE(
        (SELECT s.permissions & 1 FROM membership s
         WHERE s.account_id = %lld AND s.channel_id = m.channel_id),
        (SELECT ch.public FROM channel ch WHERE ch.id = m.channel_id), 0) = 1)
ORDER BY r.id DESC LIMIT %lld;

-- What is erased everywhere.
-- name: report_forget
UPDATE report SET body = NULL WHERE message_id = %lld;

-- name: report_by_id
SELECT {report} WHERE r.id = %lld;

-- name: report_close
UPDATE report SET state = 1, action = %s, closer_id = %lld, closing_reason = %s, closed_at = %lld,
    body = NULL
WHERE id = %lld AND state = 0;

-- Other open reports of a message are closed with the first.
-- name: report_same
SELECT {report} WHERE r.message_id = %lld AND r.state = 0 ORDER BY r.id;
