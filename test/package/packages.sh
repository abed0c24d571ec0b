#!/bin/sh
# Tests the Debian package: packages.sh NEW-DIR OLD-DIR ROOT. lintian finds no error; then run.py in a Debian that is made
# once as ROOT.tar. Adds to $CHAT_TALLY.
set -e
new=$(ls "$1"/libapache2-mod-chat_*.deb) old=$(ls "$2"/libapache2-mod-chat_*.deb) root=$3
lintian --fail-on error "$1"/*.changes
if [ ! -e "$root.tar" ]; then
    depends=$(for deb in "$new" "$old"; do dpkg-deb -f "$deb" Depends; done | tr -s ',\n' '\n' | sed 's/^ *//;s/ .*//;/^apache2-api/d' | sort -u | paste -sd,)
    mmdebstrap --quiet --variant=minbase --include="apache2,$depends" "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root.tar.new"
    mv "$root.tar.new" "$root.tar"
fi
rm -rf "$root" && mkdir "$root" && tar -xf "$root.tar" -C "$root"
rc=0
# the shell is process 1 there and takes the ends of daemons
unshare --mount --pid --net --fork --kill-child sh -c '"$@"; exit $?' sh python3 -B "$(dirname "$0")/run.py" "$root" "$new" "$old" || rc=1
rm -rf --one-file-system "$root"
exit $rc
