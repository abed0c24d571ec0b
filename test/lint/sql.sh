#!/bin/sh
# every SQL statement is used
sed -nE 's/^-- name: ([a-z_0-9]+).*/\1/p' sql/*.sql 2>/dev/null | sort -u | while read -r name; do
    git grep -qwF "CHAT_SQL_$name" -- 'src/*.c' 'src/*.h' || echo "sql/: statement $name is not used"
done
git grep -nE '"(SELECT|INSERT INTO|UPDATE|DELETE FROM) ' -- 'src/*.c' | sed 's/$/   (SQL belongs in sql\/)/'
:
