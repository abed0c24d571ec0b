#!/bin/sh
# Builds the RPM packages of a release: rpm.sh TARBALL DIR [MAIL]; they are in DIR afterwards. DEBEMAIL, else MAIL, is who answers for them. Debian's rpm can do it, too: its
# database knows no packages, so the build dependencies are not asked for there.
set -e
unset MAKEFLAGS MAKELEVEL BUILD # of the make that runs this: the package has its own
maintainer="${DEBFULLNAME:-mod_chat maintainers} <${DEBEMAIL:-${3:?no commit names who answers for the package: set DEBEMAIL and DEBFULLNAME}}>"
tarball=$(realpath "$1") spec=$(realpath "$(dirname "$0")/../../conf/rpm/mod_chat.spec")
version=$(basename "$tarball" .tar.gz | sed 's/.*-//')
rm -rf "$2" && mkdir -p "$2" && cd "$2"
tar -xzf "$tarball" --strip-components=1 "mod_chat-$version/CHANGES"
day=$(LC_ALL=C date -ud "@$(stat -c %Y CHANGES)" '+%a %b %d %Y')
rpmbuild -bb $(rpm -q rpm >/dev/null 2>&1 || echo --nodeps) --define "_topdir $PWD" --define "_sourcedir $(dirname "$tarball")" \
    --define "version $version" --define "day $day" --define "maintainer $maintainer" "$spec" >log 2>&1 || { tail -40 log | cut -c-300; exit 1; }
find RPMS -name '*.rpm' -exec mv {} . \;
rm -rf BUILD BUILDROOT RPMS SOURCES SPECS SRPMS CHANGES
ls -- *.rpm
if command -v rpmlint >/dev/null; then
    rpmlint --config "$(dirname "$spec")/rpmlint.toml" ./*.rpm | sed -n '/: E: /p;$p'
fi
