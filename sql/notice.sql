-- Notices to the other programs on the database.

-- name: notice_say sqlite
SELECT %s;

-- name: notice_say pgsql
SELECT pg_notify('mod_chat', %s);
