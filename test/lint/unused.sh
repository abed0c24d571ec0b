#!/bin/sh
# a public function has a caller in another file of src; one that its own file calls may be public for its unit test
objects=${BUILD:-build}/obj
[ -d "$objects/src" ] || { echo "$objects is missing: run make"; exit 1; }
# chat_module is httpd's, main the system's; only a test prepares all statements on both engines.
find "$objects" -name '*.o' | sort | while read -r o; do
    nm --extern-only "$o" | awk -v file="${o#"$objects/"}" '{ print file, $(NF - 1), $NF }'
done | awk '
    $2 == "U" { used[$3] = 1; next }
    $2 ~ /^[TDBR]$/ { home[$3] = $1 }
    END { for (name in home) if (!(name in used)) print home[name], name }' | sort | while read -r file name; do
    case $name in main | chat_module | chat_store_prepare_all | __odr_asan*) continue ;; esac
    file=${file%.o}.c
    [ -f "$file" ] || continue # its object is left from before
    if [ "$(grep -cw "$name" "$file")" -lt 2 ]; then
        echo "$file: $name is not called, or by tests only"
    elif ! grep -rqw "$name" test/unit test/fuzz; then
        echo "$file: $name is called in its own file alone: make it static"
    fi
done
