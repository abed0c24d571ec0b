#!/bin/sh
# the version of the sources is the one that CHANGES begins with
ours=$(sed -nE 's/^#define CHAT_VERSION "(.*)"$/\1/p' src/base/version.h)
told=$(sed -nE '1s/^Changes with mod_chat ([0-9.]+)$/\1/p' CHANGES)
[ -n "$ours" ] && [ "$ours" = "$told" ] || echo "src/base/version.h says '$ours', CHANGES '$told'"
