#!/bin/sh
# Builds Debian's packages of a release: deb.sh TARBALL DIR [MAIL]; they are in DIR afterwards. DEBEMAIL, else MAIL,
# is who answers for them. The tarball's own conf/debian does not count: a release from before it can be packaged, too.
set -e
unset MAKEFLAGS MAKELEVEL BUILD # of the make that runs this: the package has its own
maintainer="${DEBFULLNAME:-mod_chat maintainers} <${DEBEMAIL:-${3:?no commit names who answers for the package: set DEBEMAIL and DEBFULLNAME}}>"
tarball=$(realpath "$1") debian=$(realpath "$(dirname "$0")/../../conf/debian")
version=$(basename "$tarball" .tar.gz | sed 's/.*-//')
rm -rf "$2" && mkdir -p "$2" && cd "$2"
tar -xzf "$tarball"
cd "mod_chat-$version"
rm -rf debian && cp -r "$debian" debian
sed -i "/^Source:/a Maintainer: $maintainer" debian/control
cat >debian/changelog <<EOF
mod-chat ($version-1) unstable; urgency=medium

  * See the upstream changelog.

 -- $maintainer  $(date -uR -d "@$(stat -c %Y CHANGES)")
EOF
dpkg-buildpackage -b -us -uc >../log 2>&1 || { tail -40 ../log | cut -c-300; exit 1; }
cd .. && rm -rf "mod_chat-$version"
ls -- *.deb
