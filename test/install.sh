#!/bin/sh
# Tests `make install` and `make uninstall` below a folder of their own, and where `make run` keeps its state. Adds to
# $CHAT_TALLY.
passed=0 failed=0
root=$(mktemp -d "${TMPDIR:-/tmp}/mod_chat-install.XXXXXX") || exit 1
trap 'rm -rf "$root"' EXIT
etc=$root$(${APXS:-apxs} -q SYSCONFDIR)

is() { # NAME TEXT EXPECTED
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        printf 'not ok: install: %s\n  got      %s\n  expected %s\n' "$1" "$2" "$3"
    fi
}
has() { case $2 in *"$3"*) is "$1" "$3" "$3" ;; *) is "$1" "$2" "*$3*" ;; esac; }
left() { (cd "$root" && find . ! -type d | sort | tr '\n' ' '); }
run() { env -u MAKEFLAGS -u MAKELEVEL make -s "$@" DESTDIR="$root" BUILD="$CHAT_BUILD" 2>&1; }

said=$(run install)
is 'without mods-available' "$? $said" '0 '
is 'nothing is made in /etc' "$(ls -A "$etc" 2>/dev/null)" ''
said=$(run uninstall)
is 'uninstall' "$? $said $(left)" '0  '

mkdir -p "$etc/mods-available" "$etc/mods-enabled"
said=$(run install)
is 'with mods-available' "$? $said" '0 '
manual=$(dirname "$(find "$root" -name README.md)")
is 'every link of the manual but the benchmarks' "$(cd "$manual" && for page in README.md docs/*.md; do
    grep -o '](\?[^)#: ]*)' "$page" | tr -d '()]' | grep -v '^test/bench' | sort -u | while read -r file; do [ -e "$(dirname "$page")/$file" ] || echo "$page: $file"; done; done)" ''
has 'the page can be included' "$(cat "$root/usr/local/share/mod_chat/page.conf")" 'Define CHAT_PAGE /usr/local/share/mod_chat/page'
is 'all of conf but the packages' "$(cd conf && find . \( -path ./debian -o -path ./rpm \) -prune -o -type f -print | sort)" "$(cd "$manual/conf" && find . -type f | sort)"
has 'the module is loaded from where it is' "$(cat "$etc/mods-available/chat.load")" "LoadModule chat_module $(${APXS:-apxs} -q LIBEXECDIR)/mod_chat.so"
is 'and its configuration' "$(cmp conf/chat.conf "$etc/mods-available/chat.conf" 2>&1)" ''
echo '# of the administrator' >>"$etc/mods-available/chat.conf"
run install >/dev/null
is 'a changed configuration stays' "$(tail -1 "$etc/mods-available/chat.conf")" '# of the administrator'

ln -s ../mods-available/chat.load "$etc/mods-enabled/chat.load"
before=$(left)
said=$(run uninstall)
is 'uninstall while enabled' "$?" 2
has 'says what to do' "$said" 'a2dismod chat'
is 'and removes nothing' "$(left)" "$before"
rm "$etc/mods-enabled/chat.load"
said=$(run uninstall)
is 'uninstall after it' "$?" 0
has 'names what stays' "$said" "mods-available/chat.conf"
is 'only that' "$(left)" ".${etc#"$root"}/mods-available/chat.conf "

is 'state in an open folder' "$(test/run_state.sh /usr/share/x /fallback 2>&1)" /usr/share/x
if [ "$(id -u)" -eq 0 ]; then
    is 'state in a closed folder' "$(test/run_state.sh "$root/closed/run" /fallback 2>/dev/null)" /fallback
    said=$(test/run_state.sh "$root/closed/run" 2>&1)
    is 'one that was asked for' "$?" 1
    has 'is refused with the command' "$said" 'make run STATE=/var/lib/mod_chat'
    chmod 755 "$root" && mkdir "$root/theirs" && chown 12345 "$root/theirs"
    is 'below a folder of another user' "$(test/run_state.sh "$root/theirs/run" /fallback 2>/dev/null)" /fallback
    echo "root's" >"$root/closed.db" && chmod 600 "$root/closed.db"
    ln -s ../closed.db "$root/theirs/link.db" && ln "$root/closed.db" "$root/theirs/name.db"
    for name in link name; do
        said=$("$CHAT_BUILD/chatctl" --database "sqlite3:$root/theirs/chat.db" restore "$root/theirs/$name.db" 2>&1)
        has "root restores nothing that others have put there: $name" "$said" "cannot read $root/theirs/$name.db"
    done
fi

echo "install: $passed passed, $failed failed"
[ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed install" >>"$CHAT_TALLY"
[ "$failed" -eq 0 ]
