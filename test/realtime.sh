#!/bin/sh
# Runs the tests of test/realtime/chat against a build; adds to $CHAT_TALLY.
#   realtime.sh BUILD [MAKE]
build=${1:-build}
if ! command -v npm >/dev/null || ! node -e 'process.exit(Number(process.versions.node.split(".")[0] < 18))' 2>/dev/null; then
    echo "realtime: skipped, it needs node 18 and npm"
    [ -z "${CHAT_TALLY:-}" ] || echo "0 0 realtime (skipped: there is no node 18 with npm)" >>"$CHAT_TALLY"
    exit 0
fi
"${2:-make}" --no-print-directory -s -f test/rt.mk test/realtime/node_modules/.installed || exit 1
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
CHAT_BUILD=$build node --test test/realtime/chat/ >"$out" 2>&1
rc=$?
passed=$(sed -n 's/^# pass //p' "$out")
failed=$(sed -n 's/^# fail //p' "$out")
[ "$rc" -eq 0 ] || { cat "$out"; [ "${failed:-0}" -gt 0 ] || failed=1; }
echo "realtime: ${passed:-0} passed, ${failed:-0} failed"
[ -z "${CHAT_TALLY:-}" ] || echo "${passed:-0} ${failed:-0} realtime" >>"$CHAT_TALLY"
[ "$rc" -eq 0 ]
