-- Ids of anonymous sessions that a login ended.

-- name: anonymous_session_end
INSERT INTO visitor_ended (hash, ended_at) VALUES (%s, %lld) ON CONFLICT DO NOTHING;

-- name: anonymous_session_ended
SELECT 1 FROM visitor_ended WHERE hash = %s;
