-- Requests that are done once.

-- name: once_insert
INSERT INTO idempotency (key, request_hash, result, created_at) VALUES (%s, %s, %lld, %lld)
ON CONFLICT DO NOTHING;

-- name: once_find
SELECT request_hash, result FROM idempotency WHERE key = %s;
