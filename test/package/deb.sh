#!/bin/sh
# Builds Debian's packages of a release: deb.sh TARBALL DIR; they are in DIR afterwards. The tarball's own conf/debian
# does not count: a release from before it can be packaged, too.
set -e
tarball=$(realpath "$1") debian=$(realpath "$(dirname "$0")/../../conf/debian")
version=$(basename "$tarball" .tar.gz | sed 's/.*-//')
rm -rf "$2" && mkdir -p "$2" && cd "$2"
tar -xzf "$tarball"
cd "mod_chat-$version"
rm -rf debian && cp -r "$debian" debian
cat >debian/changelog <<EOF
mod-chat ($version-1) unstable; urgency=medium

  * See the upstream changelog.

 -- $(sed -n 's/^Maintainer: //p' debian/control)  $(date -uR -d "@$(stat -c %Y CHANGES)")
EOF
dpkg-buildpackage -b -us -uc >../log 2>&1 || { tail -40 ../log | cut -c-300; exit 1; }
cd .. && rm -rf "mod_chat-$version"
ls -- *.deb
