#!/bin/sh
# Runs every fuzz program below BUILD for SECONDS, from the data files of the unit tests.
#   fuzz.sh BUILD SECONDS
build=$1 seconds=$2 rc=0
for source in test/fuzz/*.c; do
    name=$(basename "$source" .c)
    mkdir -p "$build/corpus/$name" "$build/seeds/$name"
    find test/data -type f -size -64k | while read -r f; do
        cp "$f" "$build/seeds/$name/$(printf '%s' "$f" | tr / _)"
    done
    echo "fuzz: $name for $seconds s"
    "$build/test/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="$build/$name-" "$build/corpus/$name" "$build/seeds/$name" 2>&1 |
        grep -E 'ERROR|SUMMARY|runtime error|number_of_executed_units|Test unit written'
    [ -z "$(find "$build" -maxdepth 1 -name "$name-*")" ] || { echo "not ok: fuzz $name"; rc=1; }
done
exit $rc
