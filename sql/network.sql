-- Networks whose requests are refused.

-- name: network_put
INSERT INTO network (network, until, actor_name, reason, created_at, changed_at)
SELECT %s, %lld, %s, %s, %lld, CASE WHEN COALESCE(MAX(changed_at), 0) < %lld THEN %lld
    ELSE MAX(changed_at) + 1 END FROM network WHERE 1 = 1
ON CONFLICT (network) DO UPDATE SET until = EXCLUDED.until, actor_name = EXCLUDED.actor_name,
    reason = EXCLUDED.reason, created_at = EXCLUDED.created_at, changed_at = EXCLUDED.changed_at;

-- name: network_end
UPDATE network SET until = %lld, changed_at = (SELECT MAX(changed_at) + 1 FROM network)
WHERE network = %s AND (until IS NULL OR until > %lld);

-- name: network_version
SELECT MAX(changed_at) FROM network;

-- name: network_list
SELECT network, until, actor_name, reason, created_at FROM network
WHERE until IS NULL OR until > %lld ORDER BY network;
