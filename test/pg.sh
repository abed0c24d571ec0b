#!/bin/sh
# A private PostgreSQL server for the tests: in a directory of its own, on a unix socket only,
# as an unprivileged user. Where PostgreSQL is not installed it says so and the tests skip.
#
#   pg.sh run COMMAND...       runs COMMAND with CHAT_TEST_PG (libpq's parameters of a
#                              database to make others in) and CHAT_TEST_PG_CTL set
#                              CHAT_TEST_PG_FSYNC=on for a bench: commits that are durable
#   pg.sh ctl DIR start|stop|crash|freeze|thaw   what $CHAT_TEST_PG_CTL stands for; started
#                              in the network namespace $CHAT_TEST_PG_NET, the server listens
#                              on the addresses $CHAT_TEST_PG_LISTEN there, too
#   pg.sh ctl DIR/standby follow DIR   DIR/standby becomes a copy of the server DIR, and follows
#                              it; a server that is there already has to be stopped
#   pg.sh ctl DIR promote|end  the server that follows takes over, or is removed
#   pg.sh ctl DIR place FILE   the parameters of the database that stands for the SQLite
#                              file FILE, which is created unless it is there
self=$(cd "$(dirname "$0")" && pwd)/pg.sh
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /nowhere/initdb)")

as_user() { # a server does not run as root
    if [ "$(id -u)" = 0 ]; then
        ${CHAT_TEST_PG_NET:+ip netns exec "$CHAT_TEST_PG_NET"} setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
    else
        "$@"
    fi
}

processes() { # DIR
    main=$(head -n 1 "$1/data/postmaster.pid") && echo "$main" && pgrep -P "$main"
}

place() { # DIR FILE
    name=t$(printf %s "$2" | md5sum | cut -c 1-20)
    psql -qAt -h "$1" -U chat postgres -c "CREATE DATABASE $name" >/dev/null 2>&1 || :
    echo "host=$1 user=chat dbname=$name"
}

start_server() { # DIR
    as_user "$bin/pg_ctl" -D "$1/data" -l "$1/server.log" -w -t 60 \
        -o "-c listen_addresses=${CHAT_TEST_PG_LISTEN:-} -k $1 -c fsync=${CHAT_TEST_PG_FSYNC:-off} \
            -c deadlock_timeout=100ms -c max_connections=400 -c wal_retrieve_retry_interval=200ms" start
}

ctl() ( # DIR ACTION [OTHER]
    [ "$2" != follow ] || as_user mkdir -p "$1"
    cd "$1" || exit 1
    case $2 in
    start) start_server "$1" ;;
    follow)
        rm -rf "$1/data"
        as_user "$bin/pg_basebackup" -R -N -c fast -h "$3" -U chat -D "$1/data" && start_server "$1"
        ;;
    promote) as_user "$bin/pg_ctl" -D "$1/data" -w promote ;;
    end) as_user "$bin/pg_ctl" -D "$1/data" -w -m immediate stop && rm -rf "$1" ;;
    stop) as_user "$bin/pg_ctl" -D "$1/data" -w -m fast stop ;;
    crash) as_user "$bin/pg_ctl" -D "$1/data" -w -m immediate stop ;;
    freeze | thaw) # the first makes no others then; one of these may have ended
        signal=STOP
        [ "$2" = freeze ] || signal=CONT
        kill -$signal "$(head -n 1 "$1/data/postmaster.pid")" || exit 1
        kill -$signal $(processes "$1") || :
        ;;
    *) exit 2 ;;
    esac >/dev/null 2>&1
)

run() {
    if [ ! -x "$bin/initdb" ]; then
        echo "PostgreSQL is not installed (Debian: postgresql): its tests are skipped" >&2
        [ "${CHAT_ENGINE:-}" = pgsql ] || exec "$@"
        [ -z "${CHAT_TALLY:-}" ] || echo "0 0 $1 (skipped: PostgreSQL is not installed)" >>"$CHAT_TALLY"
        exit 0
    fi
    dir=$(mktemp -d) || exit 1
    chmod 755 "$dir"
    [ "$(id -u)" != 0 ] || chown nobody:nogroup "$dir"
    trap 'for server in "$dir/standby" "$dir"; do ctl "$server" thaw; ctl "$server" crash; done 2>/dev/null
        rm -rf "$dir"' EXIT
    trap 'exit 1' INT TERM HUP
    (cd "$dir" && as_user "$bin/initdb" -N -D "$dir/data" -U chat -A trust -E UTF8 \
        --locale=C) >"$dir/log" 2>&1 && echo 'host all all 198.18.0.0/15 trust' >>"$dir/data/pg_hba.conf" &&
        ctl "$dir" start || {
        echo "not ok: the private PostgreSQL server does not start" >&2
        cat "$dir/log" "$dir/server.log" >&2
        exit 1
    }
    CHAT_TEST_PG="host=$dir user=chat dbname=postgres" CHAT_TEST_PG_CTL="$self ctl $dir" "$@"
}

mode=$1
shift
case $mode in
run) run "$@" ;;
ctl) if [ "$2" = place ]; then place "$1" "$3"; else ctl "$@"; fi ;;
*) exit 2 ;;
esac
