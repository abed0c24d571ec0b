#!/bin/sh
# functions in C have at most 80 lines, source files at most 600
grep -E '\.[ch]$' "$CHAT_FILES" | while read -r file; do
    awk -v file="$file" '
        /^\{/ { start = NR; next }
        /^\}/ && start { if (NR - start - 1 > 80) print file ":" start ": a function of " NR - start - 1 " lines"; start = 0 }' "$file"
done
# chat-client.js is one file that a site copies
grep -E '^(mod_chat\.c|(src|test)/.*\.([ch]|m?js|py|pl|pm|t|sh|css|html|mk))$' "$CHAT_FILES" | grep -vxF src/page/chat-client.js |
    xargs awk 'FNR == 601 { print FILENAME ": more than 600 lines" }'
