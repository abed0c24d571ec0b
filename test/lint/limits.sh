#!/bin/sh
# functions have at most 80 lines, files at most 600
for file in $(git ls-files 'src/*.c' 'src/*.h' mod_chat.c 'test/unit/*.c' 'test/fuzz/*.c'); do
    awk -v file="$file" '
        /^\{/ { start = NR; next }
        /^\}/ && start { if (NR - start - 1 > 80) print file ":" start ": a function of " NR - start - 1 " lines"; start = 0 }
        END { if (NR > 600) print file ": " NR " lines" }' "$file"
done
