#!/bin/sh
# C files stand as clang-format writes them (make format)
git ls-files 'src/*.c' 'src/*.h' mod_chat.c 'test/unit/*.[ch]' 'test/fuzz/*.c' | xargs clang-format --dry-run -Werror 2>&1 |
    grep 'error:' | sed 's/ error:.*/ is not formatted/' | head -20
