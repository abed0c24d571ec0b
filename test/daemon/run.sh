#!/bin/sh
# Runs the tests of this folder against the programs in $1; adds to $CHAT_TALLY.
CHAT_BUILD=$(cd "$1" && pwd)
export CHAT_BUILD
log=$(mktemp)
node --test "$(dirname "$0")"/*.test.js >"$log" 2>&1
rc=$?
passed=$(sed -n 's/^# pass //p' "$log")
failed=$(sed -n 's/^# fail //p' "$log")
[ $rc -eq 0 ] || grep -A 30 'not ok' "$log"
echo "test/daemon: ${passed:-0} passed, ${failed:-1} failed"
[ -z "${CHAT_TALLY:-}" ] || echo "${passed:-0} ${failed:-1} test/daemon" >>"$CHAT_TALLY"
rm -f "$log"
[ $rc -eq 0 ] && [ "${passed:-0}" -gt 0 ]
