#!/bin/sh
# Runs the page's tests, writes its pictures, or visits a site: run.sh test|screenshots|minute URL USER PASSWORD
# CHROMIUM names another browser. Pictures are asked for: they get what they need as root.
cd "$(dirname "$0")" || exit 1
skip() {
    echo "page-check: skipped: $*"
    [ -z "$CHAT_TALLY" ] || echo "0 0 page (skipped: $*)" >>"$CHAT_TALLY"
    exit 0
}
browser() {
    for b in "$CHROMIUM" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
        [ -x "$b" ] && echo "$b" && return
    done
}
[ "$1" != screenshots ] || ../need.sh chromium fonts-inter fonts-noto-color-emoji
CHROMIUM=$(browser)
export CHROMIUM
[ -n "$CHROMIUM" ] || skip "there is no chromium (apt-get install chromium, or set CHROMIUM)"
command -v node >/dev/null && command -v npm >/dev/null || skip "there is no node with npm"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node is older than 20"
../npm.sh . || skip "npm cannot install playwright-core, axe-core and typescript"
case $1 in
screenshots) exec node screenshots.mjs ;;
minute) shift && exec node minute.mjs "$@" ;;
esac
log=$(mktemp)
node --test --test-concurrency=1 --test-reporter=tap text.test.mjs stream.test.mjs page.test.mjs signon.test.mjs visits.test.mjs conversation.test.mjs account.test.mjs admin.test.mjs live.test.mjs client.test.mjs widget.test.mjs >"$log" 2>&1
rc=$?
grep -E '^ *not ok|# (first|pass|fail)' "$log"
[ $rc = 0 ] || cat "$log"
passed=$(sed -n 's/^# pass //p' "$log") failed=$(sed -n 's/^# fail //p' "$log")
[ -z "$CHAT_TALLY" ] || echo "${passed:-0} ${failed:-1} page" >>"$CHAT_TALLY"
rm -f "$log"
exit $rc
