-- name: visitor_end
INSERT INTO visitor_ended (hash, ended_at) VALUES (%s, %lld) ON CONFLICT DO NOTHING;
-- name: visitor_ended
SELECT 1 FROM visitor_ended WHERE hash = %s;
-- name: visitor_clean
DELETE FROM visitor_ended WHERE hash IN
    (SELECT hash FROM visitor_ended WHERE ended_at < %lld ORDER BY ended_at LIMIT %lld);
