#!/usr/bin/env bash
# Usage: setup.sh SCRIPTS       the folder of the scripts that are tested
#
# scripts/setup on a distribution without apt-get: succeeds if commands and headers are installed.
set -euo pipefail
scripts=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "setup: $*" >&2 && exit 1; }

ln -s /usr/bin/* "$work"
rm -f "$work"/apt-get "$work"/update-ca-certificates
PATH=$work "$scripts/setup" >"$work.out" 2>&1 || fail "$(cat "$work.out")"
grep -q 'libfmt-dev .*found' "$work.out" || fail "no list of what is needed"
rm "$work/gnuplot"
if PATH=$work "$scripts/setup" >"$work.out" 2>&1; then fail "nothing was missing"; fi
grep -q 'gnuplot .*MISSING' "$work.out" || fail "gnuplot was not missed"
rm "$work.out"
