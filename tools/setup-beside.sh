#!/bin/sh
# Make .venv-NAME from benchmarks/requirements-NAME.txt, apart from the project's own packages: setup-beside.sh peers | detectors.
# Does nothing when up to date.
set -eu
cd "$(dirname "$0")/.."

folder=".venv-$1"
file="benchmarks/requirements-$1.txt"
ready="$folder/.ready"
content=$(cksum <"$file")
[ "$(cat "$ready" 2>/dev/null)" = "$content" ] && exit 0

echo "fieldcast: installing the packages of $file into $folder (once; a few minutes)"
[ -x "$folder/bin/python" ] || .venv/bin/python -m venv "$folder"
"$folder/bin/pip" install --quiet --no-input --disable-pip-version-check "$(grep '^torch==' "$file")"
"$folder/bin/pip" install --quiet --no-input --disable-pip-version-check --requirement "$file"
echo "$content" >"$ready"
