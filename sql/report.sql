-- Reports of messages.

-- part: report
r.id, r.room_id, r.message_id, r.reporter_id, p.name, r.reason, r.state, r.action,
    c.name, r.closing_reason, r.created_at, r.closed_at,
    (SELECT count(*) FROM report o WHERE o.reporter_id = r.reporter_id),
    (SELECT count(*) FROM report o WHERE o.reporter_id = r.reporter_id AND o.action <> 'none')
FROM report r JOIN account p ON p.id = r.reporter_id LEFT JOIN account c ON c.id = r.closer_id;

-- name: report_insert
INSERT INTO report (room_id, message_id, reporter_id, reason, created_at)
VALUES (%lld, %lld, %lld, %s, %lld)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: report_again
SELECT id FROM report WHERE message_id = %lld AND reporter_id = %lld;

-- name: report_page
SELECT {report} WHERE r.room_id = %lld AND r.state = %lld AND r.id < %lld
ORDER BY r.id DESC LIMIT %lld;

-- name: report_by_id
SELECT {report} WHERE r.id = %lld;

-- name: report_close
UPDATE report SET state = 1, action = %s, closer_id = %lld, closing_reason = %s, closed_at = %lld
WHERE id = %lld AND state = 0;

-- Other open reports of a message are closed with the first.
-- name: report_same
SELECT {report} WHERE r.message_id = %lld AND r.state = 0 ORDER BY r.id;
