#!/bin/sh
# Makes the secrets of docker-compose.yml at random, each in a file of its own that only its owner
# may read. What is there already is left as it is.
# Usage: setup/secrets.sh [FOLDER]     (default: secrets)
set -eu

FOLDER=${1:-secrets}
umask 077

# The containers run as this user, and a file of mode 0600 is only read by its owner.
of_env_file() { sed -n "s/^$1=//p" .env 2>/dev/null | tail -n 1; }
OWNER=${SOHOA_UID:-$(of_env_file SOHOA_UID)}
GROUP=${SOHOA_GID:-$(of_env_file SOHOA_GID)}
OWNER=${OWNER:-10001}
GROUP=${GROUP:-10001}
if [ "$(id -u)" -ne 0 ] && [ "$(id -u)" -ne "$OWNER" ]; then
    echo "secrets: the containers run as user $OWNER, who could not read files of yours; run this as" >&2
    echo "secrets: root, or set SOHOA_UID=$(id -u) and SOHOA_GID=$(id -g) in .env and build the image again" >&2
    exit 4
fi

mkdir -p "$FOLDER/signing"

# Usage: make NAME BYTES; hexadecimal, so that it can stand in any address or setting.
make() {
    [ -e "$FOLDER/$1" ] && return
    new=$(mktemp "$FOLDER/.new-XXXXXX")
    od -An -v -N "$2" -tx1 /dev/urandom | tr -d ' \n' >"$new"
    if [ "$(wc -c <"$new")" -ne $(($2 * 2)) ]; then
        rm -f "$new"
        echo "secrets: $FOLDER/$1 could not be written; is the disk full?" >&2
        exit 5
    fi
    # Never over a file that somebody else has just made.
    ln "$new" "$FOLDER/$1" 2>/dev/null || [ -e "$FOLDER/$1" ]
    rm -f "$new"
    echo "secrets: made $FOLDER/$1"
}

make database_admin_password 24
make database_password 24
make broker_password 24
# S3 has at most 20 characters for an access key and 40 for a secret key.
make store_admin_access_key 10
make store_admin_secret_key 20
make store_access_key 10
make store_secret_key 20

if [ "$(id -u)" -eq 0 ]; then
    chown -R "$OWNER:$GROUP" "$FOLDER"
fi
