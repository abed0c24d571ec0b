#!/bin/sh
# Sees to it that the named Debian packages are installed: as root it installs what is
# missing, otherwise it names the one command that does.
#   need.sh [--install] PACKAGE...
[ "$1" = --install ] && shift
# elsewhere the compiler says what it misses
command -v dpkg-query >/dev/null || exit 0

missing() { # PACKAGE...
    for p in "$@"; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || printf ' %s' "$p"
    done
}

missing=$(missing "$@")
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ]; then
    # one at a time: a parallel make asks for several, and the one before may have brought them
    exec 9<"$0" && flock 9
    missing=$(missing "$@")
    [ -z "$missing" ] && exit 0
    echo "installing:$missing" >&2
    # a web server that Debian starts on its own would be in the way
    started=
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && started=yes
    fi
    export DEBIAN_FRONTEND=noninteractive
    # The machine itself may be installing something: dpkg is waited for. Whoever else updates the lists brings them, too.
    # shellcheck disable=SC2086
    {
        apt-get update -qq -o Acquire::Retries=5 || :
        apt-get install -y -qq -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 --no-install-recommends $missing >/dev/null
    } >&2 9<&-
    rc=$?
    [ -n "$started" ] && rm -f /usr/sbin/policy-rc.d
    exit $rc
fi
echo "missing packages; install them with:" >&2
echo "    sudo apt-get install --no-install-recommends$missing" >&2
exit 1
