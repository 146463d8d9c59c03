#!/usr/bin/env bash
# Usage: fetch_data.sh SCRIPTS       the folder of the scripts that are tested
#
# scripts/fetch-data with a source that sends too much, and with leftovers of killed runs.
set -euo pipefail
scripts=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "fetch_data: $*" >&2 && exit 1; }

# A mirror whose every file is 10 MB of zeros in 10 kB; no other source answers. At each call it
# lists the folder.
mkdir -p "$work/bin" "$work/data/mnist"
cat >"$work/bin/curl" <<END
#!/bin/sh
find "$work/data" -type f -printf '%s %f\n' >>"$work/files"
head -c 10000000 /dev/zero | gzip
END
printf '#!/bin/sh\nexit 1\n' >"$work/bin/npm"
chmod +x "$work"/bin/*

# Leftovers of a killed run, and the files of a running one.
sleep 100 & living=$!
mkdir "$work/data/mnist"/.fetch-{99999999-abcdef,$living-abcdef,old123}
if PATH=$work/bin:$PATH ENGRAM_DATA=$work/data "$scripts/fetch-data" mnist 2>"$work/errors"; then
  fail "the zeros were taken for MNIST"
fi
kill $living
grep -q 'train-images-idx3-ubyte: from .*thrown away' "$work/errors" || fail "the zeros were kept"
largest=$(grep -h labels "$work/files" | sort -n | tail -n 1)
((${largest%% *} <= 60009)) || fail "too much was written: $largest"
left=$(cd "$work/data/mnist" && ls -A)
[[ $left == ".fetch-$living-abcdef" ]] || fail "left in the folder: $left"
