#!/bin/sh
# Runs tests of an instrumented build and prints for each folder how many lines ran.
#   coverage.sh BUILD COMMAND...    COMMAND builds there with --coverage and tests
build=$1
shift
find "$build" -name '*.gcda' -delete 2>/dev/null
# every process adds to the counts when it ends, whoever it runs as
(umask 0 && "$@" built) || exit 1
find "$build/obj" -name '*.gcno' | while read -r notes; do
    : >"${notes%.gcno}.gcda" && chmod 666 "${notes%.gcno}.gcda"
done
"$@"
rc=$?
gcovr --root . --object-directory "$build/obj" --filter src/ --filter mod_chat.c "$build" --csv 2>"$build/gcovr.log" |
    awk -F, 'NR > 1 { dir = $1; if (!sub(/\/[^\/]*$/, "", dir)) dir = "."; all[dir] += $2; ran[dir] += $3; a += $2; r += $3 }
        END { for (d in all) printf "%-22s %6d of %6d lines  %3d %%\n", d, ran[d], all[d], 100 * ran[d] / all[d] | "sort"
              close("sort"); if (a) printf "%-22s %6d of %6d lines  %3d %%\n", "all", r, a, 100 * r / a; exit !a }' || {
    cat "$build/gcovr.log"
    exit 1
}
exit $rc
