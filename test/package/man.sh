#!/bin/sh
# A page of the manual as a man page: man.sh chatctl.1 on standard output. Tables become lists, which fit a terminal.
name=${1%.*} section=${1##*.}
case $name in
chatctl) what='administer a chat site of mod_chat' ;;
chatd) what='realtime daemon of mod_chat' ;;
esac
version=$(sed -nE 's/^#define CHAT_VERSION "(.*)"$/\1/p' src/base/version.h)
{
    printf '# NAME\n\n%s - %s\n\n# SYNOPSIS\n\n' "$name" "$what"
    awk '/^<!--/ || NR < 3 { next }
        /^```/ && !synopsis { inside = 1 - inside; synopsis = !inside; print; if (synopsis) print "\n# DESCRIPTION"; next }
        !/^\|/ { table = 0; sub(/^## /, "# "); print; next }
        table++ < 2 { next }
        {
            sub(/^\| */, ""); sub(/ *\|$/, ""); cut = index($0, " | ")
            term = cut ? substr($0, 1, cut - 1) : $0; says = cut ? substr($0, cut + 3) : ""; sub(/ *\|$/, "", term)
            gsub(/\\\|/, "|", term); gsub(/\\\|/, "|", says)
            print (table > 3 ? "" : "\n") term (says == "" ? "" : "\n: " says) "\n"
        }' "docs/$name.md" |
        sed -E 's/\[([^]]*)\]\([^)]*\)/\1/g'
    printf '\n# SEE ALSO\n\napache2(8), httpd(8), and the manual of mod_chat\n'
} | lowdown -s -tman -mtitle="$(echo "$name" | tr a-z A-Z)" -msection="$section" -msource="mod_chat $version" -mdate=
