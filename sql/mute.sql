-- Mutes, and the pace of channels in slow mode.

-- name: mute_put
INSERT INTO mute (account_id, channel_id, until, actor_id, reason, created_at)
VALUES (%lld, %lld, %lld, %lld, %s, %lld)
ON CONFLICT (account_id, channel_id) DO UPDATE SET until = EXCLUDED.until,
    actor_id = EXCLUDED.actor_id, reason = EXCLUDED.reason, created_at = EXCLUDED.created_at;

-- name: mute_delete
DELETE FROM mute WHERE account_id = %lld AND channel_id = %lld;

-- name: mute_flag
UPDATE account SET muted = CASE
    WHEN EXISTS (SELECT 1 FROM mute m WHERE m.account_id = account.id) THEN 1 ELSE 0 END
WHERE id = %lld;

-- name: mute_list
SELECT a.name, c.name, m.until, p.name, m.reason, m.created_at
FROM account a JOIN mute m ON m.account_id = a.id LEFT JOIN channel c ON c.id = m.channel_id
    LEFT JOIN account p ON p.id = m.actor_id
WHERE a.room_id = %lld AND a.muted = 1 AND (m.until IS NULL OR m.until > %lld)
ORDER BY m.created_at DESC LIMIT %lld;

-- The one that lasts longest; 0: without an end.
-- name: mute_find
SELECT COALESCE(until, 0) FROM mute
WHERE account_id = %lld AND channel_id IN (0, %lld) AND (until IS NULL OR until > %lld)
ORDER BY CASE WHEN until IS NULL THEN 0 ELSE 1 END, until DESC LIMIT 1;

-- Touches no row when the account sent there after the second time.
-- name: slow_take
INSERT INTO slow_send (account_id, channel_id, sent_at) VALUES (%lld, %lld, %lld)
ON CONFLICT (account_id, channel_id) DO UPDATE SET sent_at = EXCLUDED.sent_at
WHERE slow_send.sent_at <= %lld;

-- name: slow_find
SELECT sent_at FROM slow_send WHERE account_id = %lld AND channel_id = %lld;
