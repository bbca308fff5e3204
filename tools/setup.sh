#!/bin/sh
# Make .venv from requirements.txt (with "dev": also requirements-dev.txt). Does nothing when it is up to date.
#   PYTHON=python3.12        the Python to make it with        TORCH_INDEX=address    where to take torch from (README.md)
set -u
cd "$(dirname "$0")/.."

files="requirements.txt"
[ "${1:-}" = "dev" ] && files="$files requirements-dev.txt"
ready=".venv/.ready-${1:-run}"
content=$(cat $files | cksum)
log=".venv/install.log"

stop() {
    printf '\nfieldcast: %s\n  -> %s\n' "$1" "$2" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        new_enough "$name" && echo "$name" && return
    done
    for name in ${PYTHON:-python3 python}; do
        found=$("$name" --version 2>&1) && stop "$name is $found; Fieldcast needs Python 3.11 or newer." \
            "Install a newer Python, or name one: make ${GOAL:-setup} PYTHON=/path/to/python3.12"
    done
    stop "${PYTHON:-python3} was not found; Fieldcast needs Python 3.11 or newer." \
        "Install Python, or name one: make ${GOAL:-setup} PYTHON=/path/to/python3.12"
}

make_environment() {
    python=$(find_python) || exit 1
    echo "fieldcast: making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv || stop "$python cannot make a virtual environment." \
        "Install its venv part (on Debian and Ubuntu: apt-get install python3-venv) and free some disk space."
}

why_not() {
    if grep -qi "no space left" "$log"; then
        stop "The disk is full." "Free about 3 GB and run the same command again."
    elif grep -qiE "from versions: none|name resolution|NameResolution|NewConnection|ConnectTimeout|ReadTimeout|ConnectionError|ProxyError|SSLError|unreachable" "$log"; then
        stop "The Python packages could not be downloaded: the package index did not answer." \
            "Check the network (or pip's proxy and index settings) and run the same command again; details in $log."
    fi
    stop "The Python packages could not be installed: $(grep -o 'ERROR: .*' "$log" | tail -n 1 | cut -c 8-)" \
        "Details are in $log; deleting .venv and running the same command again starts afresh."
}

install() {
    bars="off"
    [ -t 1 ] && bars="on"
    .venv/bin/python -m pip install --no-input --disable-pip-version-check --quiet --progress-bar="$bars" --log "$log" "$@" 2>/dev/null || why_not
}

[ -x .venv/bin/python ] && new_enough .venv/bin/python || make_environment
[ "$(cat "$ready" 2>/dev/null)" = "$content" ] && exit 0

rm -f "$log"
echo "fieldcast: installing packages into .venv (once; a few minutes)"
install "$(grep '^torch==' requirements.txt)" ${TORCH_INDEX:+--index-url "$TORCH_INDEX"}
for file in $files; do
    install --requirement "$file"
done
.venv/bin/python -m pip check >>"$log" 2>&1 || stop "The installed packages do not fit together." \
    "Delete .venv and run the same command again; details in $log."
echo "$content" >"$ready"
