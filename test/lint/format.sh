#!/bin/sh
# C files stand as clang-format writes them (make format)
grep -E '^(src/.*\.[ch]|mod_chat\.c|test/unit/.*\.[ch]|test/fuzz/.*\.c)$' "$CHAT_FILES" | xargs clang-format --dry-run -Werror 2>&1 |
    grep 'error:' | sed 's/ error:.*/ is not formatted/' | head -20
