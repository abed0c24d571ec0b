-- The number that tells one content of an SQLite file from another; see db_sqlite.h.

-- name: stamp sqlite
PRAGMA user_version;

-- name: stamp pgsql
SELECT 0;
