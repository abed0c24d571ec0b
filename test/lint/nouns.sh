#!/bin/sh
# one noun, one file: sql/x.sql serves src/store/x.c, and x.h is implemented by x.c
grep '^sql/.*\.sql$' "$CHAT_FILES" | grep -v '^sql/schema-' | while read -r file; do
    noun=$(basename "$file" .sql)
    sed -nE 's/^-- name: ([a-z_0-9]+).*/\1/p' "$file" | sort -u | while read -r name; do
        grep -lwr "CHAT_SQL_$name" src | grep -vE "^src/store/$noun(_[a-z]+)?\.c$" |
            sed "s|\$|: uses $name of $file|"
    done
done

# Several files may implement one header when their names begin alike (x.h: x.c, x_y.c). The
# programs' own headers name the file of each section.
awk '
    function name(s) { return match(s, /[a-z_0-9]+\(/) ? substr(s, RSTART, RLENGTH - 1) : "" }
    function may(header, file) {
        sub(/_private$/, "", header)
        return file == header || index(file, header "_") == 1 || header ~ /\/(chatd|chatctl)$/
    }
    FNR == 1 { text = ""; base = FILENAME; sub(/\.[ch]$/, "", base); header = FILENAME ~ /\.h$/ }
    /^(#|\/\*| \*)/ { next }
    /^[a-z]/ && text == "" { text = /^(static|typedef|struct|enum|extern|union)/ ? "-" : $0 }
    /^\{/ { if (!header && name(text) != "") defined[name(text)] = base; text = "" }
    /;$/ { if (header && name(text) != "") declared[name(text)] = base; text = "" }
    END {
        for (n in declared)
            if ((n in defined) && !may(declared[n], defined[n]))
                print declared[n] ".h: " n " is implemented in " defined[n] ".c"
    }' $(grep -E '^src/.*\.[ch]$' "$CHAT_FILES") | sort
