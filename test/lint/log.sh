#!/bin/sh
# every log line has a number of its own, explained in docs/log.md, in order in its section
uses=$(grep -E '^(src/.*\.c|mod_chat\.c)$' "$CHAT_FILES" | xargs -r perl -0777 -ne '
    while (/(?:\bCHAT_LOG_[A-Z]+|\blevel|\[level\]|\bcheck),\s*(\d{3,4})\s*,/g) { printf "%04d %s\n", $1, $ARGV }
    while (/"CHAT(\d{4}): /g) { printf "%s %s\n", $1, $ARGV }')
printf '%s\n' "$uses" | awk 'NF { if ($1 in seen) print "CHAT" $1 " stands in " seen[$1] " and in " $2; seen[$1] = $2 }'
printf '%s\n' "$uses" | awk 'NF { print $1 }' | sort -u | while read -r n; do
    grep -qs "CHAT$n" docs/log.md || echo "CHAT$n is not in docs/log.md"
done
grep -ohsE 'CHAT[0-9]{4}' docs/log.md | sort -u | sed 's/CHAT//' | while read -r n; do
    printf '%s\n' "$uses" | grep -q "^$n " || echo "CHAT$n is explained in docs/log.md and not written anywhere"
done
awk '/^## / { last = "" } /^\| CHAT/ { if ($2 < last) print "docs/log.md: " $2 " stands behind " last; last = $2 }' docs/log.md
