-- The schema.

-- name: schema_tables sqlite
SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version';

-- name: schema_tables pgsql
SELECT count(*) FROM pg_catalog.pg_tables
WHERE schemaname = current_schema() AND tablename = 'schema_version';

-- name: schema_version
SELECT version FROM schema_version;

-- name: schema_version_insert
INSERT INTO schema_version (version) VALUES (%lld);

-- name: schema_version_set
UPDATE schema_version SET version = %lld;

-- name: schema_lock sqlite
SELECT 1;

-- name: schema_lock pgsql
SELECT 1 FROM (SELECT pg_advisory_xact_lock(7308895158896000001)) AS locked;
