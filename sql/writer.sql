-- Units inside a group.

-- name: tx_savepoint
SAVEPOINT unit;

-- name: tx_release
RELEASE SAVEPOINT unit;

-- name: tx_undo
ROLLBACK TO SAVEPOINT unit;
