#!/bin/sh
# every SQL statement is used, and every awk compiles them alike
sed -nE 's/^-- (name|kept): ([a-z_0-9]+).*/\2/p' sql/*.sql 2>/dev/null | sort -u | while read -r name; do
    grep -E '^src/.*\.[ch]$' "$CHAT_FILES" | xargs grep -qwF "CHAT_SQL_$name" || echo "sql/: statement $name is not used"
done
grep -E '^src/.*\.c$' "$CHAT_FILES" | xargs grep -nHE '"(SELECT|INSERT INTO|UPDATE|DELETE FROM) ' | sed 's/$/   (SQL belongs in sql\/)/'
for awk in mawk gawk original-awk 'busybox awk'; do
    command -v ${awk%% *} >/dev/null || continue
    [ "$(awk -v what=source -f sql/compile.awk sql/*.sql | cksum)" = "$($awk -v what=source -f sql/compile.awk sql/*.sql | cksum)" ] ||
        echo "sql/compile.awk: $awk writes another table than awk"
done
