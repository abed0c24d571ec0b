#!/usr/bin/env bash
# make bench BENCH=run: starts our own server with 100 users and 16 channels of 100 messages, and measures it beside the
# ceiling (mod_fixed, 2 children) and, if asked, beside peers. Prints ratios.
#
#   run.sh BUILD        ENGINE (sqlite; pgsql: a private PostgreSQL with fsync), BENCH_ROUNDS (3), BENCH_PEERS (none; e.g. "node php flask"), BENCH_DIR (where data lies),
#                       BENCH_KEEP_IN (BUILD/bench: where RESULTS.md and RESULTS.svg go)
set -u
here=$(cd "$(dirname "$0")" && pwd)
if [ "${ENGINE:-}" = pgsql ] && [ -z "${CHAT_TEST_PG:-}" ]; then
  CHAT_TEST_PG_FSYNC=on exec "$here/../pg.sh" run "$0" "$@"
fi
build=$(cd "${1:-build}" && pwd) || exit 2
rounds=${BENCH_ROUNDS:-3}
if [ -n "${BENCH_PEERS:-}" ]; then
  "$here/setup.sh" || exit 1
else
  "$here/../need.sh" apache2-dev wrk curl python3 || exit 1
fi
[ -x "$build/chatctl" ] && [ -f "$build/mod_chat.so" ] || { echo "run.sh: run make first" >&2; exit 2; }

stage=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/mod_chat-bench.XXXXXX") || exit 2
chmod 755 "$stage"
pid=
finish() {
  [ -z "$pid" ] || { kill -TERM "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
  rm -rf "$stage"
}
trap finish EXIT
trap 'exit 130' INT TERM

cat >"$stage/bench.conf" <<'CONF'
ChatRateLimit button:sends off
ChatRateLimit button:kilobytes off
ChatRateLimit button:changes off
ChatRateLimit button:registrations off
CONF
database=()
[ -z "${CHAT_TEST_PG:-}" ] || database=(--database "pgsql:$CHAT_TEST_PG")
"$build/chatctl" serve --state "$stage/state" "${database[@]}" --port 0 --conf "$stage/bench.conf" >"$stage/ready" &
pid=$!
for _ in $(seq 300); do
  grep -q '^ready' "$stage/ready" && break
  kill -0 "$pid" 2>/dev/null || exit 1
  sleep 0.1
done
url=$(sed -n 's/^ready \(.*\)\/$/\1/p' "$stage/ready")
[ -n "$url" ] || { echo "run.sh: the server did not get ready" >&2; exit 1; }
"$here/fill.py" "$url" >"$stage/filled" || exit 1
read -r token id <"$stage/filled"
text=$(printf 'x%.0s' $(seq 175))

export MODCHAT_PIDS=$pid MODCHAT_HTTP_URL=$url MODCHAT_HTTP_HEADERS='Content-Type: application/json'
[ -n "${CHAT_TEST_PG:-}" ] || export MODCHAT_DB=$stage/state/data/chat.db
export MODCHAT_SEND_PATH=/api/v3/sendmessage/ MODCHAT_READ50_PATH=/api/v3/readmessagesfromchannel/
export MODCHAT_USER_PATH=$MODCHAT_READ50_PATH
export MODCHAT_SEND_BODY='{"token":"'$token'","message":"'$text'","channel":"@"}'
export MODCHAT_READ50_BODY='{"token":"'$token'","name":"@","count":50}'
export MODCHAT_USER_BODY='{"token":"'$token'","message_id":'$id'}'
# the same questions, each asked once: no answer can have been kept
export MODCHAT_FRESH50_PATH=$MODCHAT_READ50_PATH MODCHAT_FRESHUSER_PATH=$MODCHAT_READ50_PATH
export MODCHAT_FRESH50_BODY='{"token":"'$token'","name":"@","count":50,"n":#}'
# and this one for a page of older messages, whose text is not kept
export MODCHAT_ROWS50_PATH=$MODCHAT_READ50_PATH MODCHAT_ROWS50_BODY='{"token":"'$token'","name":"@","count":50,"before":#}'
export MODCHAT_FRESHUSER_BODY='{"token":"'$token'","message_id":'$id',"n":#}'
peers=modchat${BENCH_PEERS:+,$(echo "$BENCH_PEERS" | tr ' ' ',')}
mkdir -p "$build/bench"
rm -f "$build/bench/results.jsonl"
"$here/compare.py" --only http --peers "$peers" --rounds "$rounds" --raw "$build/bench/results.jsonl" \
  --json "$build/bench/summary.json" --goals --keep "${BENCH_KEEP_IN:-$build/bench}/RESULTS"
rc=$?
sed -n '/\[[^]]*:\(warn\|error\|crit\|alert\|emerg\)\]/p' "$stage/state/logs/error.log" | head -20
exit $rc
