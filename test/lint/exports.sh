#!/bin/sh
# mod_chat.so exports its module record and nothing else
module=${BUILD:-build}/mod_chat.so
[ -f "$module" ] || { echo "$module is missing"; exit 1; }
nm -D --defined-only "$module" | awk '$3 != "chat_module" { print "exported: " $3 } { n++ } END { if (!n) print "nothing is exported" }' |
    grep -vE ': (__asan|__ubsan|__odr_asan)'
:
