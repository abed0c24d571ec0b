-- Transactions.

-- name: tx_read sqlite
BEGIN;

-- name: tx_read pgsql
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: tx_write sqlite
BEGIN IMMEDIATE;

-- name: tx_write pgsql
BEGIN;

-- name: tx_commit
COMMIT;

-- The same two with rights_version behind them: one round trip.
-- name: tx_read_known sqlite
BEGIN;
-- name: tx_read_known pgsql
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT CAST(SUM(changes) AS BIGINT) FROM rights_version;
-- name: tx_write_known sqlite
BEGIN IMMEDIATE;
-- name: tx_write_known pgsql
BEGIN; SELECT CAST(SUM(changes) AS BIGINT) FROM rights_version;

-- Moves with each commit that changed what a kept statement reads.
-- name: rights_version sqlite
SELECT 0;
-- name: rights_version pgsql
SELECT CAST(SUM(changes) AS BIGINT) FROM rights_version;

-- name: limit_session sqlite
SELECT 0;

-- The statement's time-out comes first.
-- name: limit_session pgsql
SELECT wanted, set_config(name, wanted, false)
FROM (SELECT name, CASE setting WHEN '0' THEN '2000' ELSE setting END AS wanted
      FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout')) AS found
ORDER BY name DESC;
