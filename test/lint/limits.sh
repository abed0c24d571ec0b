#!/bin/sh
# functions have at most 80 lines, files at most 600
for file in $(grep -E '^(src/.*\.[ch]|mod_chat\.c|test/(unit|fuzz)/.*\.c)$' "$CHAT_FILES"); do
    awk -v file="$file" '
        /^\{/ { start = NR; next }
        /^\}/ && start { if (NR - start - 1 > 80) print file ":" start ": a function of " NR - start - 1 " lines"; start = 0 }
        END { if (NR > 600) print file ": " NR " lines" }' "$file"
done
