#!/bin/sh
# Says before `make check` starts which of its parts cannot run here, and the one command that brings what they
# need; root gets it installed.
#   ready.sh PART...
node18() { command -v npm >/dev/null && node -e 'process.exit(Number(process.versions.node.split(".")[0] < 18))' 2>/dev/null; }
browser() { [ -n "${CHROMIUM:-}" ] || ls /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome 2>/dev/null | grep -q .; }
postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; }
socketio() { /usr/bin/python3 -c 'import socketio, requests, websocket' 2>/dev/null; }

look() { # PART WHAT-IS-SKIPPED TEST PACKAGES
    case " $parts " in *" $1 "*) ;; *) return ;; esac
    $3 || { skipped="$skipped
    $1: $2" packages="$packages $4"; }
}

all() {
    skipped='' packages=''
    look unit 'the tests on PostgreSQL' postgres postgresql
    for part in rt-protocol realtime httpd-realtime page-check; do look $part everything node18 'nodejs npm'; done
    look rt-protocol "Python's client" socketio 'python3-socketio python3-websocket python3-requests'
    look realtime "Python's client" socketio 'python3-socketio python3-websocket python3-requests'
    look page-check everything browser chromium
    packages=$(printf '%s\n' $packages | sort -u | tr '\n' ' ')
}

parts=$*
all
[ -z "$skipped" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086
    "$(dirname "$0")/need.sh" --install $packages || :
    all
    [ -z "$skipped" ] && exit 0
fi
echo "These parts of the check will be skipped:$skipped"
echo "To run them, too: sudo apt-get install --no-install-recommends ${packages% }"
