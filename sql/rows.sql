-- After rows were brought from elsewhere. The other statements of rows are made from tables.sql.

-- PostgreSQL plans by what it last found in these tables. It looks by itself within a minute or
-- two after many rows came.
-- name: tx_analyse sqlite
SELECT 0;
-- name: tx_analyse pgsql
ANALYZE account, audit, channel, event, membership, mention, message, reaction, read_marker,
    recipient, reply_state, report, session;
