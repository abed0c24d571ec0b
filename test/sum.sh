#!/bin/sh
# Prints what a run of `make check` came to: one line a part, then the sum.
[ -f "$1" ] || { echo "0 passed, 1 failed"; exit 1; }
awk '{ p += $1; f += $2; n = $1; m = $2; $1 = $2 = ""; printf "%7d passed, %d failed:%s\n", n, m, $0 }
     END { printf "%d passed, %d failed\n", p, f; exit f > 0 }' "$1"
