#!/bin/sh
# Builds a commit twice, in folders, with umasks, time zones and locales of their own: reproducible.sh COMMIT. The
# programs, the tarball, the Debian packages and the man pages are bit for bit the same. Adds to $CHAT_TALLY.
passed=0 failed=0
root=$(mktemp -d "${TMPDIR:-/tmp}/mod_chat-twice.XXXXXX") || exit 1
trap 'rm -rf "$root"' EXIT
here=$(pwd)
build() { # FOLDER UMASK TZ LOCALE
    (umask "$2" && export TZ="$3" LC_ALL="$4" && unset MAKEFLAGS MAKELEVEL BUILD && mkdir -p "$1" && cd "$here" &&
        make -s deb FROM="$commit" BUILD="$1" >/dev/null && cd "$1" && tar --strip-components=1 -xzf ./*.tar.gz && make -s all man >log 2>&1) ||
        tail -20 "$1/log"
}
commit=$1
build "$root/a" 022 UTC C.UTF-8
build "$root/another/place" 027 Pacific/Chatham C
for file in build/mod_chat.so build/chatd build/chatctl build/man/chatctl.1 $(cd "$root/a" && ls mod_chat-*.tar.gz deb/*.deb); do
    if said=$(cmp "$root/a/$file" "$root/another/place/$file" 2>&1); then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "not ok: reproducible: $said"
    fi
done
echo "reproducible: $passed passed, $failed failed"
[ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed reproducible" >>"$CHAT_TALLY"
[ "$failed" -eq 0 ]
