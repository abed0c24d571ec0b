#!/bin/sh
# Runs the fault tests: killed children, a full disk. Adds to $CHAT_TALLY.
#   run.sh BUILD KILLS
build=$(cd "$1" && pwd) kills=$2 rc=0
here=$(cd "$(dirname "$0")" && pwd)
for test in kill disk; do
    stage=$(mktemp -d "${TMPDIR:-/tmp}/mod_chat-fault.XXXXXX") || exit 1
    chmod 755 "$stage"
    ln -s "$build" "$stage/bin"
    CHAT_STAGE=$stage CHAT_KILLS=$kills CHAT_HTTPD=$(apxs -q SBINDIR)/$(apxs -q PROGNAME) \
        CHAT_MODULES=$(apxs -q LIBEXECDIR) perl -I"$here/../lib" "$here/$test.pl" >"$stage/output" 2>&1 || rc=1
    cat "$stage/output"
    passed=$(grep -c '^ok' "$stage/output") failed=$(grep -c '^not ok' "$stage/output")
    grep -q '^1\.\.' "$stage/output" || { failed=$((failed + 1)); echo "not ok: $test did not come to its end"; }
    [ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed faults/$test" >>"$CHAT_TALLY"
    [ "$failed" -eq 0 ] || rc=1
    if [ "$rc" -ne 0 ] && [ -n "${CHAT_KEEP:-}" ]; then echo "kept: $stage"; else rm -rf "$stage"; fi
done
exit $rc
