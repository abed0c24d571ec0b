#!/bin/sh
# Runs the tests of test/realtime/chat against a build; adds to $CHAT_TALLY.
#   realtime.sh BUILD [MAKE]
CHAT_BUILD=$(cd "${1:-build}" && pwd) || exit 1
export CHAT_BUILD
if command -v npm >/dev/null; then
    "${2:-make}" --no-print-directory -s -f test/rt.mk test/realtime/node_modules/.installed || exit 1
fi
test/node.sh realtime test/realtime/chat/*.test.js
