#!/bin/bash
# HTTP bench: starts TARGET on a fresh SQLite database and loads it with wrk.
# Prints one JSON line per operation and concurrency. See README.md.
#
#   http.sh TARGET [SECONDS] [CONCURRENCY...]      default 2 s, 1 16 64; 0 s: only check the answers
#   BENCH_POLL=TABS http.sh TARGET [SECONDS]       instead of a load: open tabs that read the newest 50 every 2 s
#     TARGET  ceiling (httpd event, static files and a handler that does nothing) | flask | node | node2 |
#             nodepg | node2pg (on the PostgreSQL that run.sh starts) | php | modchat
. "$(dirname "$0")/lib.sh"
[ $# -ge 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
target=$1 secs=${2:-2}
shift; [ $# -gt 0 ] && shift
concs=("${@:-1}"); [ $# -eq 0 ] && concs=(1 16 64)
for c in wrk python3 curl; do need $c; done
ulimit -n "$(ulimit -Hn)"
port=$(free_port)
base=http://127.0.0.1:$port
db=$SCRATCH/db/chat.db
token=token-7-0123456789abcdef0123456789abcdef
text=$(printf 'x%.0s' $(seq 175))
headers=$'X-Token: '$token$'\nContent-Type: application/json'
ops=(send read50 user)
declare -A method=([send]=POST [read50]=GET [user]=GET [static40]=GET [static12k]=GET [fixedpost]=POST [fixed40]=GET [fixed12k]=GET)
declare -A path=([send]=/send [read50]='/messages?channel=@' [user]=/users/@ [static40]=/40 [static12k]=/12k
  [fixedpost]=/fixed/40 [fixed40]=/fixed/40 [fixed12k]=/fixed/12000)
declare -A body=([send]='{"channel":@,"text":"'$text'"}')
body[fixedpost]=${body[send]}

make_db() {
  mkdir "$SCRATCH/db"
  python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())' "$db" "$PEERS/chat.sql" || die "database"
  if [ "$(id -u)" = 0 ]; then chown -R "$WEB_USER" "$SCRATCH/db"; fi
}
table=messages
rows() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1], timeout=30).execute("SELECT count(*) FROM " + sys.argv[2]).fetchone()[0])' "$db" "$table"; }
fill_in() {
  local modules; modules=$(apxs -q LIBEXECDIR 2>/dev/null) || modules=/usr/lib/apache2/modules
  sed -e "s|@MODULES@|$modules|g; s|@SCRATCH@|$SCRATCH|g; s|@PORT@|$port|g; s|@PEERS@|$SCRATCH/php|g; s|@USER@|$WEB_USER|g; s|@BUILD@|$BUILD|g; s|@GROUP@|$(id -gn "$WEB_USER")|g" "$1"
}
httpd() {
  local bin; bin=$(command -v apache2 || command -v httpd || echo /usr/sbin/apache2)
  fill_in "$PEERS/httpd.conf.in" >"$SCRATCH/httpd.conf"
  mkdir "$SCRATCH/htdocs"
  start "$bin" -f "$SCRATCH/httpd.conf" "$@" -DFOREGROUND
}

case $target in
ceiling)
  if ! [ "$BUILD/mod_fixed.so" -nt "$PEERS/mod_fixed.c" ]; then
    need apxs
    mkdir -p "$BUILD"
    (cp "$PEERS/mod_fixed.c" "$SCRATCH/" && cd "$SCRATCH" && apxs -c mod_fixed.c >apxs.log 2>&1 && cp .libs/mod_fixed.so "$BUILD/") || die "mod_fixed"
  fi
  httpd -D fixed
  head -c 40 /dev/zero | tr '\0' x >"$SCRATCH/htdocs/40"
  head -c 12000 /dev/zero | tr '\0' x >"$SCRATCH/htdocs/12k"
  ops=(static40 fixed40 fixedpost static12k fixed12k) ;;
flask)
  need gunicorn
  make_db
  PYTHONDONTWRITEBYTECODE=1 CHAT_DB=$db start gunicorn -w 2 --backlog 1024 -b "127.0.0.1:$port" --pythonpath "$PEERS" 'chat-flask:app' ;;
node|node2)
  need node
  make_db
  workers=1; [ "$target" = node2 ] && workers=2
  NODE_ENV=production NODE_PATH=$NODE_MODULES CHAT_DB=$db start node "$PEERS/chat-node.js" "$port" "$workers" ;;
nodepg|node2pg)
  need node
  : "${CHAT_TEST_PG:?run it under ../pg.sh run}"
  workers=1; [ "$target" = node2pg ] && workers=2
  host=${CHAT_TEST_PG#host=}
  NODE_ENV=production NODE_PATH=$NODE_MODULES PGHOST=${host%% *} PGUSER=chat PGDATABASE=postgres CHAT_SQL=$PEERS/chat-pg.sql \
    start node "$PEERS/chat-node-pg.js" "$port" "$workers" ;;
php)
  fpm=$(ls /usr/sbin/php-fpm* 2>/dev/null | tail -1); [ -n "$fpm" ] || die "php-fpm is missing; run setup.sh"
  make_db
  mkdir "$SCRATCH/php"; cp "$PEERS/chat.php" "$SCRATCH/php/"
  fill_in "$PEERS/php-fpm.conf.in" >"$SCRATCH/fpm.conf"
  start "$fpm" -F -y "$SCRATCH/fpm.conf"
  httpd -D php ;;
modchat)
  # a server that somebody else started; see README.md for the variables
  : "${MODCHAT_HTTP_URL:?}" "${MODCHAT_PIDS:?}"
  base=$MODCHAT_HTTP_URL
  [ -n "${MODCHAT_DB:-}" ] && db=$MODCHAT_DB table=message
  headers=${MODCHAT_HTTP_HEADERS-$headers}
  ops=(send read50 user fresh50 rows50 freshuser)
  for op in "${ops[@]}"; do
    v=MODCHAT_${op^^}_PATH; path[$op]=${!v-${path[$op]}}
    v=MODCHAT_${op^^}_BODY; body[$op]=${!v-${body[$op]:-}}
    method[$op]=GET; [ -n "${body[$op]}" ] && method[$op]=POST
  done ;;
*)
  die "unknown target $target" ;;
esac
if [ "$target" = modchat ]; then pids=$MODCHAT_PIDS; else pids=${PIDS[*]}; wait_port "$port"; sleep 0.7; fi

load() { # OP CONCURRENCY SECONDS
  BENCH_METHOD=${method[$1]} BENCH_PATH=${path[$1]} BENCH_BODY=${body[$1]:-} BENCH_HEADERS=$headers \
    timeout $(($3 + 30)) wrk -t1 -c"$2" -d"$3"s --timeout 5s -s "$BENCH/wrk.lua" "$base" | grep '^{'
}

# one request of each operation must be right before any load
while IFS= read -r h; do [ -n "$h" ] && hargs+=(-H "$h"); done <<<"$headers"
for op in "${ops[@]}"; do
  d=(); [ -n "${body[$op]:-}" ] && d=(--data "$(sed 's/@/3/g; s/#/1/g' <<<"${body[$op]}")")
  got=$(curl -sS -m 10 -w '\n%{http_code}' "${hargs[@]}" "${d[@]}" "$base${path[$op]//@/3}") || die "$target $op: no answer"
  [[ ${got##*$'\n'} = 2?? ]] || { tail -5 "$SCRATCH/log" >&2; die "$target $op: $got"; }
  if [ "$op" = read50 ] && [ "$target" != modchat ]; then
    n=$(grep -o '"text"' <<<"$got" | wc -l); [ "$n" = 50 ] || die "$target read50: $n messages"
  fi
done
if [ "$target" != ceiling ] && [ "$target" != modchat ]; then
  code=$(curl -sS -m 10 -o /dev/null -w '%{http_code}' -H 'X-Token: wrong' "$base/users/3"); [ "$code" = 401 ] || die "$target: bad token gives $code"
fi

if [ "$secs" = 0 ]; then echo "$target: answers are right" >&2; exit 0; fi
if [ -n "${BENCH_POLL:-}" ]; then
  kb=$(tree_kb $pids) cpu0=$(tree_cpu $pids)
  line=$("$BENCH/poll.py" "$base${path[read50]//@/3}" "$headers" "$BENCH_POLL" "$secs") || die "poll.py"
  echo "{\"bench\":\"poll\",\"peer\":\"$target\",\"server_cpu_s\":$(awk -v a="$cpu0" -v b="$(tree_cpu $pids)" 'BEGIN { print b - a }'),\"server_kb_per_conn\":$((($(tree_kb $pids) - kb) / BENCH_POLL)),${line#\{}"
  exit
fi
for op in "${ops[@]}"; do
  load "$op" 16 1 >/dev/null          # warm up
  for c in "${concs[@]}"; do
    [ "$op" = send ] && [ -f "$db" ] && before=$(rows)
    cpu0=$(tree_cpu $pids)
    line=$(load "$op" "$c" "$secs")
    cpu1=$(tree_cpu $pids)
    [ -n "$line" ] || die "$target $op c=$c: wrk printed no result"
    stored=
    n=$(sed 's/.*"requests":\([0-9]*\).*/\1/' <<<"$line")
    bad=$(sed 's/.*"errors":\([0-9]*\).*/\1/' <<<"$line")
    # every acknowledged message must be in the store (up to c more were in flight at the end)
    if [ "$op" = send ] && [ -f "$db" ]; then
      sleep 0.2
      added=$(($(rows) - before))
      stored=",\"rows_added\":$added"
      [ "$added" -ge $((n - bad)) ] || { echo "http.sh: $target: $n acknowledged, $added stored" >&2; rc=1; }
    fi
    us=$(awk -v a="$cpu0" -v b="$cpu1" -v n="$n" 'BEGIN { printf "%.1f", n ? (b - a) * 1e6 / n : 0 }')
    echo "{\"bench\":\"http\",\"target\":\"$target\",\"op\":\"$op\",\"concurrency\":$c,\"server_us_per_request\":$us$stored,${line#\{}"
  done
done
exit "${rc:-0}"
