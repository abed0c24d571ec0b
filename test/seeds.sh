#!/bin/sh
# Runs fuzz programs over their seeds, as ordinary tests; adds to $CHAT_TALLY.
#   seeds.sh PROGRAM...    .../seed_NAME, whose seeds are test/data/fuzz/NAME/
passed=0 failed=0
for program in "$@"; do
    name=$(basename "$program") name=${name#seed_}
    for seed in test/data/fuzz/"$name"/*; do
        if "$program" "$seed" >/dev/null; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "not ok: $name with $seed"
        fi
    done
done
echo "seeds: $passed passed, $failed failed"
[ -z "${CHAT_TALLY:-}" ] || echo "$passed $failed seeds" >>"$CHAT_TALLY"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
