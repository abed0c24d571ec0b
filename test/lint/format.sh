#!/bin/sh
# C files stand as clang-format 14 writes them (make format)
clang-format --version | grep -q 'version 14\.' || { echo 'other versions than 14 of clang-format break lines elsewhere'; exit 77; }
grep -E '\.[ch]$' "$CHAT_FILES" | xargs clang-format --dry-run -Werror 2>&1 |
    grep 'error:' | sed 's/ error:.*/ is not formatted/' | head -20
