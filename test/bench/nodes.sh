#!/usr/bin/env bash
# make bench BENCH=nodes: one and two web servers of one PostgreSQL database that syncs each commit: requests, CPU time of each part, the time
# from a send to a socket here and there; beside SQLite and, if setup.sh was run, Node with pg.
#
#   nodes.sh BUILD        BENCH_ROUNDS (3), BENCH_SECONDS (4), BENCH_DIR (where data lies)
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd) || exit 2
"$here/../need.sh" wrk || exit 1
export CHAT_TEST_PG_FSYNC=on CHAT_BUILD=$build TMPDIR=${BENCH_DIR:-${TMPDIR:-/tmp}}
exec "$here/../pg.sh" run node "$here/nodes.js"
