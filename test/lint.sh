#!/bin/sh
# Runs every check in test/lint; each prints what is wrong and fails, or is silent. Adds to $CHAT_TALLY.
passed=0 failed=0
for check in test/lint/*.sh; do
    if said=$(sh "$check" 2>&1) && [ -z "$said" ]; then
        passed=$((passed + 1))
        echo "ok: lint/$(basename "$check" .sh)"
    else
        failed=$((failed + 1))
        printf '%s\n' "$said" | head -40
        echo "not ok: lint/$(basename "$check" .sh): $(sed -n '2s/^# //p' "$check")"
    fi
done
echo "lint: $passed passed, $failed failed"
[ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed lint" >>"$CHAT_TALLY"
[ "$failed" -eq 0 ]
