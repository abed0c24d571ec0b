#!/bin/sh
# a directive's row, its entry in conf/chat.conf, its page and a test agree: name, default, range, chatd's word
perl -0777 -ne '
    s/\\\n/ /g;
    while (/\bD\("(Chat\w+)", *(\w+), *(\w+), *([\w| ]+?), *\w+, *\w+, *(\w+), *(\w+), *(NULL|"[^"]*"), *"([^"]*)", *"([^"]*)"/g) {
        print join("\t", $1, $2, $4, $5, $6, $8 eq "" ? "-" : $8, $9 eq "" ? "-" : $9), "\n" }
' src/httpd/config/table.h >"${TMPDIR:-/tmp}/chat-rows.$$"
rows=${TMPDIR:-/tmp}/chat-rows.$$
trap 'rm -f "$rows"' EXIT
[ "$(grep -o 'D("Chat' src/httpd/config/table.h | wc -l)" = "$(wc -l <"$rows")" ] || echo "table.h: a row cannot be read"
tab=$(printf '\t')
while IFS=$tab read -r d setter where min max default word; do
    page=docs/directives/$d.md
    grep -qE "^ *#? *$d( |\$)" conf/chat.conf || echo "$d is not in conf/chat.conf"
    [ -f "$page" ] || { echo "$d has no page in docs/directives"; continue; }
    grep -rqsE "\b$d\b" test/t || echo "no test mentions $d"
    if [ "$default" != - ]; then
        grep -qF "| Default | \`$d $default\` |" "$page" || echo "$page: the default is not \`$d $default\`"
        # a trailing part may be left out where it is the default too
        grep -qE "^#$d +${default%% *}( |\$)" conf/chat.conf || echo "conf/chat.conf: $d is not shown as $default"
    fi
    case $setter in time | session_lifetime) max= ;; esac
    case $setter in number | time | session_lifetime)
        for bound in "$min" "$max"; do
            case $bound in "" | *[!0-9]*) ;; *) grep -qE "(^|[^0-9])$bound([^0-9]|\$)" "$page" || echo "$page: does not name the bound $bound" ;; esac
        done ;;
    esac
    case $where in
    *OR_FILEINFO*) grep -q '^| Override | FileInfo |' "$page" || echo "$page: Override is FileInfo" ;;
    *) grep -q '^| Override | FileInfo |' "$page" && echo "$page: Override is not FileInfo" ;;
    esac
    [ "$word" = - ] || grep -qF "{\"$word\"," src/wire/conf.c || echo "table.h: chatd.conf has no word $word for $d"
done <"$rows"
{
    sed -nE 's/^ *#? *(Chat[A-Z][A-Za-z]+)( .*|$)/\1/p' conf/chat.conf
    ls docs/directives | sed -nE 's/^(Chat.*)\.md$/\1/p'
} | sort -u | while read -r d; do
    cut -f 1 "$rows" | grep -qx "$d" || echo "$d is described and does not exist"
done
