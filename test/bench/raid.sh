#!/usr/bin/env bash
# make bench BENCH=raid: what people notice of a raid, and how fast one command ends it; see raid.py.
set -u
here=$(cd "$(dirname "$0")" && pwd)
"$here/../need.sh" apache2-dev python3 || exit 1
exec python3 -B "$here/raid.py" "${1:-build}"
