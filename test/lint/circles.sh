#!/bin/sh
# files call, and headers include, each other one way only: no circle leads back
objects=${BUILD:-build}/obj
[ -d "$objects/src" ] || { echo "$objects is missing: run make"; exit 1; }
edges=$(mktemp) || exit 1
trap 'rm -f "$edges"' EXIT

# An object whose source is gone is left from before. A table of functions is no call: only code (.text) counts.
built=$(sed -nE "s,^(src/.*)\.c\$,$objects/\1.o,p" "$CHAT_FILES" | while read -r o; do [ ! -f "$o" ] || echo "$o"; done)
{
    nm --defined-only --extern-only --print-file-name $built
    objdump --reloc $built
} | awk -v objects="$objects/" '
    function source(o) { sub(/\.o:.*/, ".c", o); return substr(o, length(objects) + 1) }
    / file format / { calling = 1; from = source($1); next }
    !calling { home[$NF] = source($1); next }
    /^RELOCATION RECORDS FOR/ { code = /\[\.text/; next }
    code && NF == 3 {
        sub(/[-+]0x.*/, "", $3)
        if ($3 in home && home[$3] != from && !seen[from, home[$3]]++) print from, home[$3], "calls " $3
    }' >"$edges"

# A header is included as folder/x.h or, by a neighbour, as x.h.
headers=$(grep '^src/.*\.h$' "$CHAT_FILES")
grep -oE '^#include "[^"]+"' $headers | awk -F'[:"]' -v all="$headers" '
    BEGIN { n = split(all, list, "\n"); for (i = 1; i <= n; i++) there[list[i]] = 1 }
    {
        beside = $1
        sub(/[^\/]*$/, $3, beside)
        to = ("src/" $3) in there ? "src/" $3 : beside
        if (to in there) print $1, to, "includes it"
    }' >>"$edges"

# tsort names the members of each circle it meets, one a line below "contains a loop".
cut -d' ' -f1,2 "$edges" | tsort 2>&1 >/dev/null | awk -v edges="$edges" '
    function tell() {
        while ((getline line < edges) > 0) {
            split(line, e, " ")
            if (e[1] in circle && e[2] in circle) print e[1] " -> " e[2] " (" substr(line, length(e[1] e[2]) + 3) ")"
        }
        close(edges)
        split("", circle)
    }
    / loop:?$/ { tell(); next }
    { circle[$NF] = 1 }
    END { tell() }' | sort -u
