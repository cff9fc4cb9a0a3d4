#!/bin/sh
# Installs and names the Debian (or Ubuntu) packages that are missing.
# Usage: setup/system.sh run|dev|test|bench
set -eu

RUN="python3-venv bubblewrap tesseract-ocr tesseract-ocr-vie tesseract-ocr-eng tesseract-ocr-osd poppler-utils fonts-liberation2"
# OpenSSL verifies the answers of the trial time-stamping authority.
DEV="$RUN openssl"
# Maven downloads veraPDF, Java runs it. The tests start PostgreSQL and Redis on free ports, and Chromium.
TEST="$DEV openjdk-17-jre-headless maven postgresql redis-server chromium"
BENCH="$TEST ghostscript fonts-texgyre fonts-linuxlibertine fonts-sil-charis fonts-open-sans fonts-roboto-unhinted"

case "${1:?run, dev, test or bench}" in
run) WANTED=$RUN ;;
dev) WANTED=$DEV ;;
test) WANTED=$TEST ;;
bench) WANTED=$BENCH ;;
*) echo "setup: unknown set of packages: $1" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: this is neither Debian nor Ubuntu; install the equivalents of these packages, then run make again:" >&2
    echo "setup:   $WANTED" >&2
    exit 4
fi

MISSING=""
for package in $WANTED; do
    # A Python with its own venv (pyenv and the like) needs no python3-venv.
    if [ "$package" = python3-venv ] && python3 -c 'import ensurepip, venv' 2>/dev/null; then
        continue
    fi
    # Any Java from 17 on is enough.
    if [ "$package" = openjdk-17-jre-headless ] && command -v java >/dev/null 2>&1; then
        continue
    fi
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || MISSING="$MISSING $package"
done
[ -n "$MISSING" ] || exit 0

SUDO=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "setup: these packages are missing; ask an administrator to install them:$MISSING" >&2
        exit 4
    fi
    SUDO=sudo
fi
echo "setup: installing Debian packages:$MISSING"
LOG=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { $SUDO apt-get update && $SUDO apt-get install -y --no-install-recommends $MISSING; } >"$LOG" 2>&1; then
    tail -n 20 "$LOG" >&2
    echo "setup: apt-get could not install:$MISSING; see $LOG, fix the cause and run make again" >&2
    exit 4
fi
rm -f "$LOG"
