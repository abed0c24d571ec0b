#!/bin/sh
# Runs every check in test/lint, or those named; each prints what is wrong and fails, is silent, or says why it
# cannot judge and exits with 77. Adds to $CHAT_TALLY.
# CHAT_FILES, for the checks: a file with the names of all files of the project, as git knows them or,
# without git, all that exist except what a build or a test creates.
CHAT_FILES=$(mktemp) || exit 1
export CHAT_FILES
trap 'rm -f "$CHAT_FILES"' EXIT
git ls-files >"$CHAT_FILES" 2>/dev/null && [ -s "$CHAT_FILES" ] ||
    find . \( -name .git -o -name node_modules -o -name .build -o -path "./${BUILD:-build}" -o -path ./build -o -path ./run \) -prune \
        -o -type f -print | sed 's,^\./,,' | sort >"$CHAT_FILES"
passed=0 failed=0 skipped=
[ $# -gt 0 ] || set -- $(ls test/lint | sed 's/\.sh$//')
for name in "$@"; do
    check=test/lint/$name.sh
    said=$(sh "$check" 2>&1)
    rc=$?
    if [ "$rc" -eq 77 ]; then
        echo "lint/$name: skipped: $said"
        skipped=" (skipped: $name)"
    elif [ "$rc" -eq 0 ] && [ -z "$said" ]; then
        passed=$((passed + 1))
        echo "ok: lint/$name"
    else
        failed=$((failed + 1))
        printf '%s\n' "$said" | head -40
        echo "not ok: lint/$name: $(sed -n '2s/^# //p' "$check")"
    fi
done
echo "lint: $passed passed, $failed failed"
[ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed lint$skipped" >>"$CHAT_TALLY"
[ "$failed" -eq 0 ]
