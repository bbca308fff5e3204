#!/bin/sh
# Make .venv-peers from benchmarks/requirements-peers.txt, apart from the project's own packages. Does nothing when up to date.
set -eu
cd "$(dirname "$0")/.."

file="benchmarks/requirements-peers.txt"
ready=".venv-peers/.ready"
content=$(cksum <"$file")
[ "$(cat "$ready" 2>/dev/null)" = "$content" ] && exit 0

echo "fieldcast: installing darts and neuralforecast into .venv-peers (once; a few minutes)"
[ -x .venv-peers/bin/python ] || .venv/bin/python -m venv .venv-peers
.venv-peers/bin/pip install --quiet --no-input --disable-pip-version-check "$(grep '^torch==' "$file")"
.venv-peers/bin/pip install --quiet --no-input --disable-pip-version-check --requirement "$file"
echo "$content" >"$ready"
