#!/bin/sh
# The table of platforms in docs/packages.md, from what each one does: platforms.sh DIR [GIT]. As root. Every SUITES of
# Debian (trixie:arm64 is one of another machine, by binfmt_misc and qemu) is a chroot below DIR, once for each of COMPILERS; GIT is a repository of httpd, whose RELEASES are built with this machine's APR.
set -e
here=$(dirname "$(realpath "$0")") dir=$1 git=$2 rows=$1/rows
mkdir -p "$dir"
printf '| %s | %s | %s | %s | %s | %s |\n' system httpd compiler 'unit tests' 'a message' realtime --- --- --- --- --- --- >"$rows"
needs=gcc,clang,make,pkgconf,apache2,apache2-dev,libaprutil1-dbd-sqlite3,libjansson-dev,libsodium-dev,libunistring-dev,libsqlite3-dev,libcurl4-openssl-dev,libssl-dev,libcmocka-dev,sqlite3,curl,gawk
tree() { rm -rf "$1" && mkdir -p "$1" && git archive HEAD | tar -x -C "$1"; }
for system in ${SUITES:-bookworm trixie trixie:arm64}; do
    suite=${system%:*} arch=$(dpkg --print-architecture)
    [ "$suite" = "$system" ] || arch=${system#*:}
    root=$dir/$suite-$arch
    [ -e "$root.tar" ] || mmdebstrap --quiet --variant=minbase --architectures="$arch" --include=$needs "$suite" "$root.tar"
    rm -rf "$root" && mkdir "$root" && tar -xf "$root.tar" -C "$root"
    name="Debian $(cut -d. -f1 "$root/etc/debian_version") $arch"
    for cc in ${COMPILERS:-gcc clang}; do
        tree "$root/srv/mod_chat"
        # shellcheck disable=SC2016
        unshare --mount --pid --fork --kill-child sh -c 'mount -t proc proc "$0/proc" && chroot "$0" sh -c "cd /srv/mod_chat && test/package/platform.sh \"\$@\"" sh "$@"; exit $?' \
            "$root" "$name" $cc >>"$rows" || echo "| $name | - | $cc | - | no | - |" >>"$rows"
    done
    rm -rf --one-file-system "${root:?}"
done
for release in ${git:+${RELEASES:-2.4.52 2.4.58 2.4.62}}; do
    "$here/httpd.sh" "$git" "$release" "$dir/httpd-$release"
    tree "$dir/tree"
    (cd "$dir/tree" && test/package/platform.sh "Debian $(cut -d. -f1 /etc/debian_version), httpd built from its source" gcc "$dir/httpd-$release/bin/apxs") >>"$rows"
done
# after its mark in the manual
awk -v rows="$rows" '/^<!-- platforms -->$/ { print; while ((getline line <rows) > 0) print line; skip = 1; next }
    skip && !/^\|/ { skip = 0 } !skip' docs/packages.md >"$dir/page"
cat "$dir/page" >docs/packages.md
cat "$rows"
