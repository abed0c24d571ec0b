#!/bin/sh
# Runs the fault tests: killed children, a full disk, root among other users. Adds to $CHAT_TALLY.
#   run.sh BUILD KILLS
build=$(cd "$1" && pwd) kills=$2 rc=0
here=$(cd "$(dirname "$0")" && pwd)
apxs=${APXS:-apxs}
httpd=$($apxs -q SBINDIR)/$($apxs -q PROGNAME)

# A sanitizer's library has to be there before httpd's own; httpd's leaks are not ours.
wrap() { # NAME PROGRAM
    printf '#!/bin/sh\n%s exec "%s" "$@"\n' \
        "${CHAT_PRELOAD:+LD_PRELOAD='$CHAT_PRELOAD' ASAN_OPTIONS=detect_leaks=0}" "$2" >"$1"
    chmod 755 "$1"
}

for test in kill disk root; do
    stage=$(mktemp -d "${TMPDIR:-/tmp}/mod_chat-fault.XXXXXX") || exit 1
    chmod 755 "$stage"
    mkdir "$stage/bin"
    ln -s "$build/mod_chat.so" "$stage/bin/mod_chat.so"
    cp "$build/chatd" "$stage/bin/chatd" # its user may not reach the build
    wrap "$stage/bin/chatctl" "$build/chatctl"
    wrap "$stage/bin/httpd" "$httpd"
    CHAT_STAGE=$stage CHAT_KILLS=$kills CHAT_HTTPD=$stage/bin/httpd \
        CHAT_MODULES=$($apxs -q LIBEXECDIR) perl -I"$here/../lib" "$here/$test.pl" >"$stage/output" 2>&1 || rc=1
    cat "$stage/output"
    passed=$(grep -c '^ok' "$stage/output") failed=$(grep -c '^not ok' "$stage/output")
    grep -q '^1\.\.' "$stage/output" || { failed=$((failed + 1)); echo "not ok: $test did not come to its end"; }
    [ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed faults/$test" >>"$CHAT_TALLY"
    [ "$failed" -eq 0 ] || rc=1
    if [ "$rc" -ne 0 ] && [ -n "${CHAT_KEEP:-}" ]; then echo "kept: $stage"; else rm -rf "$stage"; fi
done
exit $rc
