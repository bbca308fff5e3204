#!/bin/sh
# Make .venv-detectors from benchmarks/requirements-detectors.txt, apart from the project's own packages. Does nothing when up to date.
set -eu
cd "$(dirname "$0")/.."

file="benchmarks/requirements-detectors.txt"
ready=".venv-detectors/.ready"
content=$(cksum <"$file")
[ "$(cat "$ready" 2>/dev/null)" = "$content" ] && exit 0

echo "fieldcast: installing PyOD and merlion into .venv-detectors (once; a few minutes)"
[ -x .venv-detectors/bin/python ] || .venv/bin/python -m venv .venv-detectors
.venv-detectors/bin/pip install --quiet --no-input --disable-pip-version-check "$(grep '^torch==' "$file")"
.venv-detectors/bin/pip install --quiet --no-input --disable-pip-version-check --requirement "$file"
echo "$content" >"$ready"
