#!/bin/sh
# Fetches veraPDF (GPL or MPL; a program beside us, never imported) into the cache, checks its digest.
set -eu

VERSION=1.30.2
CACHE="${SOHOA_CACHE:-$HOME/.cache/sohoa}/verapdf"
JAR="$CACHE/cli-$VERSION.jar"
DIGEST=$(cut -d' ' -f1 setup/verapdf.sha256)

if [ -f "$JAR" ] && echo "$DIGEST  $JAR" | sha256sum --check --status; then
    exit 0
fi
echo "setup: fetching veraPDF $VERSION"
mkdir -p "$CACHE"
mvn -B -q dependency:copy -Dartifact="org.verapdf.apps:cli:$VERSION" -DoutputDirectory="$CACHE" -Dmdep.overWriteReleases=true
if ! echo "$DIGEST  $JAR" | sha256sum --check --status; then
    rm -f "$JAR"
    echo "setup: veraPDF's digest is not the one in setup/verapdf.sha256; it was not kept" >&2
    exit 6
fi
