#!/bin/sh
# Makes .venv from a lock file with hashes; does nothing where it is made already.
# Usage: setup/venv.sh run|dev
set -eu

LOCK="requirements/${1:?run or dev}.txt"
PYTHON=${PYTHON:-python3}
MARK=.venv/made-from-$1

wanted=$(cat "$LOCK" pyproject.toml | sha256sum | cut -d' ' -f1)
if [ -f "$MARK" ] && [ "$(cat "$MARK")" = "$wanted" ] && [ -x .venv/bin/sohoa ]; then
    exit 0
fi
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "setup: Python 3.11 or later is needed; name one with: make PYTHON=..." >&2
    exit 4
fi
[ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
echo "setup: installing Python packages from $LOCK"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$LOCK"
# Our own code stays where it is; its build tool comes from the lock file, not from the network.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
echo "$wanted" >"$MARK"
