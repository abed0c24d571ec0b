-- Assertions that were used.

-- name: assertion_use
INSERT INTO assertion_used (hash, expires_at) VALUES (%s, %lld) ON CONFLICT DO NOTHING;
