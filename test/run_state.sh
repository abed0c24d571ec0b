#!/bin/sh
# Prints the folder in which `make run` keeps its state, before anything is built. As root, httpd's children run as
# another user: a folder that they cannot reach is replaced, or refused when it was asked for.
#   run_state.sh FOLDER [FALLBACK]
here=$(realpath -m -- "$1")
[ "$(id -u)" -eq 0 ] || { echo "$here"; exit 0; }
folder=$here
while folder=$(dirname -- "$folder"); do
    # what is not there yet is made later, open to others
    if [ -e "$folder" ] && [ -z "$(find "$folder" -maxdepth 0 -user 0 -perm -001)" ]; then
        [ -n "${2:-}" ] || { echo "httpd's user cannot reach $here, because of $folder; try: make run STATE=/var/lib/mod_chat" >&2; exit 1; }
        echo "state in $2: httpd's user cannot reach $here" >&2
        here=$2
        break
    fi
    [ "$folder" != / ] || break
done
echo "$here"
