#!/bin/sh
# Runs tests for node, a file at a time (each wants the machine for itself), quietly; adds
# to $CHAT_TALLY. A file has $CHAT_TIMEOUT seconds, or ten minutes.
#   node.sh NAME FILE...
name=$1
shift
if ! command -v npm >/dev/null || ! node -e 'process.exit(Number(process.versions.node.split(".")[0] < 18))' 2>/dev/null; then
    echo "$name: skipped, it needs node 18 and npm"
    [ -z "${CHAT_TALLY:-}" ] || echo "0 0 $name (skipped: there is no node 18 with npm)" >>"$CHAT_TALLY"
    exit 0
fi
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
passed=0 failed=0
for file in "$@"; do
    timeout -k 10 "${CHAT_TIMEOUT:-600}" node --test --test-reporter=tap "$file" >"$out" 2>&1
    rc=$?
    [ -z "${CHAT_DIAGNOSE:-}" ] || grep '^# .* messages; ' "$out"
    good=$(sed -n 's/^# pass //p' "$out" | tail -1)
    bad=$(sed -n 's/^# \(fail\|cancelled\) //p' "$out" | awk '{ n += $1 } END { print n + 0 }')
    if [ "$rc" -ne 0 ] || [ "${good:-0}" -eq 0 ]; then
        cat "$out"
        [ "$bad" -gt 0 ] || bad=1
        echo "not ok: $file (exit code $rc)"
    fi
    passed=$((passed + ${good:-0})) failed=$((failed + bad))
done
echo "$name: $passed passed, $failed failed"
[ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed $name" >>"$CHAT_TALLY"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
