#!/bin/sh
# a folder includes only what stands below it; httpd's headers only in src/httpd and mod_chat.c; of httpd's rooms
# config/ includes none of the others, request/ not realtime/, and neither of these watch/
allowed() {
    case $1 in
    base) echo base ;;
    wire) echo base wire ;;
    store) echo base store ;;
    render) echo base render ;;
    core) echo base core store ;;
    api) echo base core store render api ;;
    outbox) echo base core store render outbox ;;
    httpd | mod_chat) echo base wire core store render api httpd ;;
    chatd) echo base wire core store render api outbox chatd ;;
    chatctl) echo base core store render api outbox chatctl ;;
    *) echo ;;
    esac
}
for file in mod_chat.c $(grep -E '^src/.*\.[ch]$' "$CHAT_FILES"); do
    [ -f "$file" ] || continue
    case $file in src/*) dir=${file#src/} dir=${dir%%/*} ;; *) dir=mod_chat ;; esac
    may=" $(allowed "$dir") "
    sed -n 's/^ *# *include *"\([a-z]*\)\/.*/\1/p' "$file" | sort -u | while read -r used; do
        # a folder inside the same layer is a neighbour
        [ -d "$(dirname "$file")/$used" ] && continue
        case $may in *" $used "*) ;; *) echo "$file includes $used/" ;; esac
    done
    case $file in
    src/httpd/config/*) grep -nHE '^ *# *include *"httpd/(request|realtime|watch)/' "$file" ;;
    src/httpd/request/*) grep -nHE '^ *# *include *"httpd/(realtime|watch)/' "$file" ;;
    src/httpd/realtime/*) grep -nHE '^ *# *include *"httpd/watch/' "$file" ;;
    esac
    case $dir in
    httpd | mod_chat) ;;
    *) grep -nHE '^ *# *include *[<"](httpd|http_[a-z]+|ap_[a-z_]+|mod_[a-z]+|mpm_common|scoreboard|unixd|util_[a-z]+)\.h' "$file" ;;
    esac
    case $dir in
    render | chatd) ;;
    *) grep -nHE '^ *# *include *<jansson' "$file" ;;
    esac
    case $dir in
    store) ;;
    *) grep -nHE '^ *# *include *<sqlite3' "$file" ;;
    esac
done
true
