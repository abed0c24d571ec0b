#!/bin/sh
# Tests the Debian package of a release: packages.sh DIR NEW OLD MAIL SUITE... In a Debian of each SUITE with the build
# dependencies alone both tarballs become packages, lintian finds no error, then run.py uses them in one that has apache2. Both
# systems are made once, as DIR/*.tar. Adds to $CHAT_TALLY.
set -e
mkdir -p "$1"
dir=$(realpath "$1") new=$2 old=$3 mail=$4 rc=0
shift 4
names() { tr -s ',\n' '\n' | sed 's/^ *//;s/ .*//;/^apache2-api/d;s/-compat$//' | sort -u | paste -sd,; }
fresh() { # NAME VARIANT SUITE PACKAGES
    if [ ! -e "$dir/$1.tar" ]; then
        mmdebstrap --quiet --variant="$2" --include="$4" "$3" "$dir/new.tar"
        mv "$dir/new.tar" "$dir/$1.tar"
    fi
    rm -rf --one-file-system "${dir:?}/$1" && mkdir "$dir/$1" && tar -xf "$dir/$1.tar" -C "$dir/$1"
}
# the shell is process 1 there and takes the ends of daemons
alone() { unshare --mount --pid --fork --kill-child "$@"; }

for suite in "$@"; do
    root=$dir/$suite-build
    fresh "$suite-build" buildd "$suite" "fakeroot,$(sed -n '/^Build-Depends:/,/^[^ ]*:.*/{s/^Build-Depends://;/^[A-Z].*:/!p}' conf/debian/control | names)"
    mkdir -p "$root/srv/conf" "$root/srv/test/package"
    cp -r conf/debian "$root/srv/conf" && cp test/package/deb.sh "$root/srv/test/package" && cp "$new" "$root/srv/new-${new##*-}" && cp "$old" "$root/srv/old-${old##*-}"
    # shellcheck disable=SC2016
    alone sh -ec 'mount -t proc proc "$0/proc"; for which in new old; do chroot "$0" sh -ec "cd /srv && test/package/deb.sh $which-*.tar.gz $which \"\$@\"" sh "$@"; done' "$root" "$mail"
    for which in new old; do rm -rf "${root:?}-$which" && mv "$root/srv/$which" "$root-$which"; done
    rm -rf --one-file-system "$root"
    lintian --fail-on error "$root-new"/*.changes
    new_deb=$(ls "$root-new"/libapache2-mod-chat_*.deb) old_deb=$(ls "$root-old"/libapache2-mod-chat_*.deb)
    fresh "$suite" minbase "$suite" "apache2,$(for deb in "$new_deb" "$old_deb"; do dpkg-deb -f "$deb" Depends; done | names)"
    # shellcheck disable=SC2016
    alone --net sh -c '"$@"; exit $?' sh python3 -B "$(dirname "$0")/run.py" "$dir/$suite" "$new_deb" "$old_deb" || rc=1
    rm -rf --one-file-system "${dir:?}/$suite"
done
exit $rc
