#!/usr/bin/env bash
# make bench: everything beside peers, about 25 minutes: requests (run.sh), then events and open tabs (realtime.sh). Prints each step;
# RESULTS.md holds both tables, RESULTS.svg the plot of the requests.
#
#   all.sh BUILD        BENCH_ROUNDS (4, of the requests), BENCH_EVENT_ROUNDS (1), BENCH_PEERS ("node php", of the requests),
#                       BENCH_IDLE_SECONDS (20), BENCH_DIR (where data lies), BENCH_KEEP_IN (BUILD/bench: where the results go)
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd) || exit 2
keep=${BENCH_KEEP_IN:-$build/bench}
BENCH_ROUNDS=${BENCH_ROUNDS:-4} BENCH_PEERS=${BENCH_PEERS-node php} "$here/run.sh" "$build"
rc=$?
events=$(BENCH_ROUNDS=${BENCH_EVENT_ROUNDS:-1} BENCH_PEERS='' BENCH_IDLE_SECONDS=${BENCH_IDLE_SECONDS:-20} "$here/realtime.sh" "$build") || exit
printf '\n## Events\n\nTimes in ms, CPU in us for each delivery or connection, × the plain epoll server of the same round.\n%s\n' "$events" |
  tee -a "$keep/RESULTS.md"
exit $rc
