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
