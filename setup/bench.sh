#!/bin/sh
# OCRmyPDF, the rival of bench/throughput.py, in a venv of its own outside the checkout.
set -eu

PLACE="$HOME/.cache/sohoa-bench"
LOCK=requirements/bench.txt
MARK="$PLACE/made-from"
wanted=$(sha256sum <"$LOCK")
if [ -f "$MARK" ] && [ "$(cat "$MARK")" = "$wanted" ]; then
    exit 0
fi
echo "setup: installing OCRmyPDF into $PLACE"
"${PYTHON:-python3}" -m venv "$PLACE"
"$PLACE/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$LOCK"
echo "$wanted" >"$MARK"
