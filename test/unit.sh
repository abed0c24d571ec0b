#!/bin/sh
# Runs the unit tests (cmocka programs) given as arguments; adds to $CHAT_TALLY.
passed=0 failed=0
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
for program in "$@"; do
    timeout 300 "$program" >"$out" 2>&1
    rc=$?
    good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\.$/\1/p' "$out" | awk '{n += $1} END {print n + 0}')
    bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$out" | awk '{n += $1} END {print n + 0}')
    if [ "$rc" -ne 0 ] || [ "$good" -eq 0 ]; then
        [ "$bad" -gt 0 ] || bad=1
        cat "$out"
        echo "not ok: $program (exit code $rc)"
    else
        echo "ok: $(basename "$program"), $good tests"
    fi
    passed=$((passed + good)) failed=$((failed + bad))
done
echo "unit: $passed passed, $failed failed"
without=
[ -n "${CHAT_TEST_PG:-}" ] || without=" (skipped: PostgreSQL's, it is not installed)"
[ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed unit$without" >>"$CHAT_TALLY"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
