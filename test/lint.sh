#!/bin/sh
# Runs every check in test/lint; each prints what is wrong and fails, or is silent. Adds to $CHAT_TALLY.
# CHAT_FILES, for the checks: a file with the names of all files of the project, as git knows them or,
# without git, all that there are but what a build or a test makes.
CHAT_FILES=$(mktemp) || exit 1
export CHAT_FILES
trap 'rm -f "$CHAT_FILES"' EXIT
git ls-files >"$CHAT_FILES" 2>/dev/null && [ -s "$CHAT_FILES" ] ||
    find . \( -name .git -o -name node_modules -o -name .build -o -path "./${BUILD:-build}" -o -path ./build -o -path ./run \) -prune \
        -o -type f -print | sed 's,^\./,,' | sort >"$CHAT_FILES"
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
