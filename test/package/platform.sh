#!/bin/sh
# Builds and tests in the folder where it is run, and prints a row of the table of platforms: platform.sh NAME CC [APXS].
# The unit tests, then a server: a message, and what it says at its start about realtime.
APXS=${3:-apxs}
export APXS
unset MAKEFLAGS MAKELEVEL CHAT_TALLY
state=$(mktemp -d /var/lib/mod_chat.XXXXXX) && chmod 755 "$state" || exit 1
trap 'rm -rf "$state"' EXIT
realtime='-' served=no
httpd=$("$($APXS -q SBINDIR)/$($APXS -q PROGNAME)" -v | sed -n 's,.*Apache/\([0-9.]*\).*,\1,p')
if make CC="$2" packages= all >"$state/log" 2>&1; then
    unit=$(make CC="$2" packages= unit 2>&1 | tee -a "$state/log" | sed -n 's/^unit: //p')
    build/chatctl serve --state "$state/run" --port 0 --tls-port 0 >"$state/said" 2>>"$state/log" &
    server=$!
    while kill -0 $server 2>/dev/null && ! grep -q '^ready https' "$state/said"; do sleep 1; done
    api=$(sed -n 's/^ready \(http:.*\)/\1/p' "$state/said")api/v3
    curl -s "$api/register/" -d '{"username":"ada","password":"Passw0rd!"}' >/dev/null
    token=$(curl -s "$api/generatetoken/" -d '{"username":"ada","password":"Passw0rd!"}' | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
    curl -s "$api/sendmessage/" -d '{"token":"'"$token"'","channel":"default","message":"hello"}' | grep -q 'message_id\|Message' && served=yes
    realtime=$(sed -n 's/.*CHAT0630: .* auto: \(.*\); at most.*/\1/p' "$state/run/logs/error.log" | head -1)
    kill $server && wait $server
else
    unit='does not build'
fi
case $unit in *' 0 failed'*) ;; *) grep -E 'rror|not ok|FAILED' "$state/log" | tail -20 >&2 ;; esac
echo "| $1 | ${httpd:--} | $("$2" --version | head -1 | sed 's/ (.*) / /;s/ version//;s/^Debian //') | ${unit:--} | $served | ${realtime:--} |"
