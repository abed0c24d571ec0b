#!/bin/sh
# a directive stands in the table, conf/chat.conf, the manual and a test, or nowhere
table=$(grep -E '^(src/httpd/.*\.c|mod_chat\.c)$' "$CHAT_FILES" |
    xargs perl -0777 -ne 'print "$1\n" while /AP_INIT_[A-Z0-9_]+\(\s*"(Chat[A-Za-z]+)"/g' | sort -u)
[ -n "$table" ] || echo "no directive table was found"
for d in $table; do
    grep -qE "^ *#? *$d( |\$)" conf/chat.conf 2>/dev/null || echo "$d is not in conf/chat.conf"
    [ -f "docs/directives/$d.md" ] || grep -qsE "^#+ .*\b$d\b" docs/directives.md || echo "$d has no page in docs/directives"
    grep -rqsE "\b$d\b" test/t || echo "no test mentions $d"
done
{
    sed -nE 's/^ *#? *(Chat[A-Z][A-Za-z]+)( .*|$)/\1/p' conf/chat.conf 2>/dev/null
    ls docs/directives 2>/dev/null | sed -nE 's/^(Chat.*)\.md$/\1/p'
} | sort -u | while read -r d; do
    printf '%s\n' "$table" | grep -qx "$d" || echo "$d is described and does not exist"
done
