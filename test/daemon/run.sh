#!/bin/sh
# Runs the tests of this folder against the programs in $1; adds to $CHAT_TALLY.
CHAT_BUILD=$(cd "$1" && pwd) || exit 1
export CHAT_BUILD
"$(dirname "$0")/../node.sh" test/daemon "$(dirname "$0")"/*.test.js
