#!/usr/bin/env bash
# BENCH=beside make bench: this build beside another one, of a commit before: requests (run.sh) and fan-out
# (realtime.sh), a round of each in turn, the first one in turn too. A ratio is formed in each round, the table has
# their medians; what is worse by more than 5 % is marked, and makes the exit code 1.
#
#   beside.sh BUILD       BENCH_OTHER (the other build's folder), BENCH_ROUNDS (5), BENCH_SLOTS ("1000:10 5000:2"; none: no fan-out),
#                         BENCH_DIR (where data lies)
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd) || exit 2
other=$(cd "${BENCH_OTHER:?the folder of another build}" && pwd) || exit 2
rounds=${BENCH_ROUNDS:-5}
export BENCH_ROUNDS=1 BENCH_ONLY=1 BENCH_SLOTS=${BENCH_SLOTS-1000:10 5000:2}
lines=$build/bench/beside.jsonl
mkdir -p "$build/bench"
: >"$lines"

# one BUILD NAME ROUND: what its benches say, with name and round
one() {
  local files=("$1/bench/results.jsonl")
  rm -f "$1/bench/realtime.jsonl"
  BENCH_KEEP_IN=$1/bench "$here/run.sh" "$1" >/dev/null 2>&1
  [ -f "${files[0]}" ] || { echo "beside.sh: no results of $1" >&2; exit 1; }
  if [ -n "$BENCH_SLOTS" ]; then
    BENCH_PEERS=handover "$here/realtime.sh" "$1" >/dev/null 2>&1
    files+=("$1/bench/realtime.jsonl")
  fi
  sed "s/^{/{\"build\":\"$2\",\"turn\":$3,/" "${files[@]}" >>"$lines"
  echo "round $3: $2" >&2
}

for round in $(seq "$rounds"); do
  if [ $((round % 2)) = 1 ]; then
    one "$build" this "$round" && one "$other" other "$round"
  else
    one "$other" other "$round" && one "$build" this "$round"
  fi
done
"$here/beside_sum.py" "$lines"
