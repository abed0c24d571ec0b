#!/bin/sh
# Runs fuzz programs over their seeds, as ordinary tests; adds to $CHAT_TALLY.
#   seeds.sh DIR TARGET...    programs DIR/replay_TARGET, seeds test/data/rt/TARGET/
dir=$1
shift
passed=0 failed=0
for target in "$@"; do
    for seed in test/data/rt/"$target"/*; do
        if "$dir/replay_$target" "$seed" >/dev/null; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "not ok: $target with $seed"
        fi
    done
done
echo "rt-seeds: $passed passed, $failed failed"
[ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed rt-seeds" >>"$CHAT_TALLY"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
