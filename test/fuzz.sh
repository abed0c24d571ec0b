#!/bin/sh
# Runs the fuzz programs of BUILD, all or those named, for SECONDS each, from their seeds.
#   fuzz.sh BUILD SECONDS [NAME...]
build=$1 seconds=$2 rc=0
shift 2
[ $# -gt 0 ] || set -- $(ls test/fuzz | sed 's/\.c$//')
for name in "$@"; do
    mkdir -p "$build/corpus/$name"
    echo "fuzz: $name for $seconds s"
    # what SQLite holds is only seen to be freed at the end: pools are not searched for pointers
    case $name in request_* | chatd_intake | chatd_client) leaks=0 ;; *) leaks=1 ;; esac
    # shellcheck disable=SC2046
    "$build/test/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -max_len=6000 -detect_leaks=$leaks \
        -print_final_stats=1 -artifact_prefix="$build/$name-" "$build/corpus/$name" $(ls -d "test/data/fuzz/$name" 2>/dev/null) \
        test/data/json-in test/data/writer 2>&1 |
        grep -E 'ERROR|SUMMARY|runtime error|number_of_executed_units|Test unit written'
    [ -z "$(find "$build" -maxdepth 1 -name "$name-*")" ] || { echo "not ok: fuzz $name"; rc=1; }
done
exit $rc
