-- Approved lists.

-- name: approval_insert
INSERT INTO approval (owner_id, requester_id, state, created_at) VALUES (%lld, %lld, 0, %lld)
ON CONFLICT DO NOTHING;

-- name: approval_state
SELECT state FROM approval WHERE owner_id = %lld AND requester_id = %lld;

-- name: approval_set
UPDATE approval SET state = %lld WHERE owner_id = %lld AND requester_id = %lld;

-- name: approval_list
SELECT a.name, p.state, p.created_at FROM approval p JOIN account a ON a.id = p.requester_id
WHERE p.owner_id = %lld AND a.state <> 3 ORDER BY p.state, p.created_at DESC, a.id LIMIT %lld;
