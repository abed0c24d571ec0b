#!/bin/sh
# the version of the sources is the one that CHANGES begins with and that the manual describes
ours=$(sed -nE 's/^#define CHAT_VERSION "(.*)"$/\1/p' src/base/version.h)
[ -n "$ours" ] || echo 'src/base/version.h has no version'
says() { # FILE LINE
    grep -qxF "$2" "$1" || echo "$1 has no line '$2'"
}
[ "$(head -1 CHANGES)" = "Changes with mod_chat $ours" ] || echo "CHANGES does not begin with $ours"
says docs/openapi.yaml "  version: $ours"
says docs/asyncapi.yaml "  version: $ours"
says docs/upgrade.md "## To $ours"
