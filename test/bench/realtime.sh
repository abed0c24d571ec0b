#!/usr/bin/env bash
# make bench BENCH=realtime: fan-out through our own httpd, by each way in, beside the ceiling and the peers. Interleaved
# rounds; ratios to `raw` are formed inside a round, then the median is taken. Prints a table; lines of JSON are kept.
#
#   realtime.sh BUILD     BENCH_ROUNDS (3), BENCH_PEERS (raw nchan nchantls socketio ws handover tls park), BENCH_SECONDS (5),
#                         BENCH_SLOTS ("1000:10 5000:2 1000:max 10000:idle"), BENCH_IDLE_SECONDS (50),
#                         BENCH_DIR (where data lies)
#
# `tls` is the handover of sockets with TLS, `handover` of those without, `park` is with TLS.
# `nchantls` is nchan with TLS. The cost of an open tab: the idle rows, beside a PHP chat that is asked every two seconds.
# `proxy` holds a thread for each socket: it is measured with 50, beside the other ways.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd) || exit 2
rounds=${BENCH_ROUNDS:-3} secs=${BENCH_SECONDS:-5} idle_secs=${BENCH_IDLE_SECONDS:-50}
peers=${BENCH_PEERS:-raw nchan nchantls socketio ws handover tls park}
slots=${BENCH_SLOTS:-1000:10 5000:2 1000:max 10000:idle}
case " $peers " in *" raw "*|*nchan*|*socketio*|*" ws "*) "$here/setup.sh" >/dev/null || exit 1 ;; esac
[ -x "$build/chatctl" ] && [ -f "$build/mod_chat.so" ] || { echo "realtime.sh: run make first" >&2; exit 2; }
stage=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/mod_chat-bench.XXXXXX") || exit 2
chmod 755 "$stage"
mkdir -p "$build/bench"
raw=$build/bench/realtime.jsonl
: >"$raw"
pid=
finish() {
  [ -z "$pid" ] || { kill -TERM "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
  pid=
}
trap 'finish; rm -rf "$stage"' EXIT
trap 'exit 130' INT TERM
ulimit -n "$(ulimit -Hn)"

# serve WAY: our server with 20 accounts in one channel, and what fanout.sh wants to know of it
serve() {
  local state=$stage/$1 scheme=http ws=ws way=${1/tls/auto} i token
  rm -rf "$state" "$state.ready"
  printf 'ChatRateLimit button:sends off\nChatRateLimit button:kilobytes off\nChatRateLimit button:changes off\nChatRateLimit button:registrations off\nChatRealtime %s\n' "$way" >"$state.conf"
  "$build/chatctl" serve --state "$state" --port 0 --tls-port 0 --conf "$state.conf" >"$state.ready" &
  pid=$!
  for i in $(seq 300); do
    [ "$(grep -c '^ready' "$state.ready")" = 2 ] && break
    kill -0 "$pid" 2>/dev/null || exit 1
    sleep 0.1
  done
  case $1 in tls|park) scheme=https ws=wss ;; esac
  url=$(sed -n 's/^ready \(http:.*\)\/$/\1/p' "$state.ready")
  local at
  at=$(sed -n "s/^ready $scheme:\(.*\)\/\$/\1/p" "$state.ready")
  [ -f "$stage/tokens" ] && rm "$stage/tokens"
  "$here/fill_rt.py" "$url" >"$stage/tokens" || exit 1
  token=$(head -1 "$stage/tokens")
  export MODCHAT_PIDS=$pid MODCHAT_WS_URL="$ws:$at/socket.io/?EIO=4&transport=websocket"
  export MODCHAT_LOGIN_EVENT='["api_v3_connect",{"token_api_v3":"@"}]' MODCHAT_LOGIN_ANSWER=ready
  export MODCHAT_TOKEN_FILE=$stage/tokens MODCHAT_PUB_URL=$url/api/v3/sendmessage/
  export MODCHAT_PUB_BODY='{"token":"'$token'","channel":"bench","message":"@"}'
}

# fan PEER CONNS RATE ROUND: one line
fan() {
  local peer=$1 out secs=$secs
  [ "$3" != idle ] || secs=$idle_secs
  case $1 in handover|tls|park|proxy) serve "$1"; peer=modchat ;; esac
  out=$("$here/fanout.sh" "$peer" "$2" "$3" "$secs" 2>>"$stage/errors")
  finish
  [ -n "$out" ] || { tail -3 "$stage/errors" >&2; return; }
  echo "${out/\"peer\":\"$peer\"/\"round\":$4,\"conns\":$2,\"peer\":\"$1\"}" | tee -a "$raw" >&2
}

# plain WAY CONNS: a plain request's latency without and with that many sockets
plain() {
  serve "$1"
  local i args=(-A 2 -m sio -n "$2" -t 12 -r 0 -j "$MODCHAT_LOGIN_EVENT" -J ready -F "$stage/tokens") load
  wrk -t1 -c4 -d4 --latency "$url/" >"$stage/before"
  "$here/.build/wsload" "${args[@]}" -p "$pid" "$MODCHAT_WS_URL" >/dev/null 2>"$stage/load" &
  load=$!
  for i in $(seq 600); do
    grep -q '^connected' "$stage/load" && break
    sleep 0.1
  done
  sleep 1
  wrk -t1 -c4 -d4 --latency "$url/" >"$stage/during"
  wait "$load"
  awk -v way="$1" -v n="$2" -v round="$3" '$1 == "99%" { p[FILENAME] = $2 } $1 == "Requests/sec:" { r[FILENAME] = $2 }
    END { printf "{\"bench\":\"plain\",\"peer\":\"%s\",\"conns\":%d,\"round\":%d,\"p99_before\":\"%s\",\"p99_during\":\"%s\",\"rate_before\":%s,\"rate_during\":%s}\n",
      way, n, round, p[ARGV[1]], p[ARGV[2]], r[ARGV[1]], r[ARGV[2]] }' "$stage/before" "$stage/during" | tee -a "$raw" >&2
  finish
}

for round in $(seq "$rounds"); do
  for slot in $slots; do
    for peer in $peers; do fan "$peer" "${slot%:*}" "${slot#*:}" "$round"; done
  done
  [ -n "${BENCH_ONLY:-}" ] && continue
  for way in handover tls park proxy; do fan "$way" 50 50 "$round"; done
  BENCH_POLL=200 "$here/http.sh" php "$idle_secs" | sed "s/^{/{\"round\":$round,/" | tee -a "$raw" >&2
  for way in handover tls park; do plain "$way" 10000 "$round"; done
done
"$here/realtime_sum.py" "$raw"
