#!/bin/sh
# Installs what FOLDER/package-lock.json names, unless that is there: npm.sh FOLDER
cd "$1" || exit 1
# one at a time: two runs of make may want the same, and `npm ci` first removes what another has installed
exec 9<package-lock.json && flock 9
cmp -s package-lock.json node_modules/.lock ||
    { npm ci --no-audit --no-fund --loglevel=error --fetch-retries=5 --fetch-retry-maxtimeout=15000 9<&- && cp package-lock.json node_modules/.lock; }
