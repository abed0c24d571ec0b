#!/bin/sh
# every endpoint of every dialect is called by a test
test/endpoints.sh >/dev/null
