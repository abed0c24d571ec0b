#!/bin/sh
# Builds a release of httpd with the system's APR: httpd.sh GIT VERSION DIR, the httpd of tag VERSION in the repository GIT
# becomes DIR; DIR/bin/apxs is its apxs.
set -e
mkdir -p "$3" && dir=$(realpath "$3")
[ ! -x "$dir/bin/httpd" ] || exit 0
mkdir -p "$dir/src" && git -C "$1" archive "$2" | tar -x -C "$dir/src" && cd "$dir/src"
{
    ./buildconf --with-apr=apr-1-config --with-apr-util=apu-1-config
    ./configure --prefix="$dir" --with-apr=/usr/bin/apr-1-config --with-apr-util=/usr/bin/apu-1-config --with-pcre="$(command -v pcre-config)" \
        --enable-mpms-shared=all --with-mpm=event --enable-mods-shared=most --enable-ssl --enable-proxy
    make -j2 && make install
} >"$dir/log" 2>&1 || { tail -20 "$dir/log"; exit 1; }
rm -rf "$dir/src"
