#!/bin/sh
# Fetches the E-ARK validators of the tests: commons-ip (LGPL) and eark-validator (Apache-2.0).
# Programs beside us, never imported; checked against setup/eark.sha256 and requirements/eark.txt.
set -eu

COMMONS=2.10.0
EARK=1.1.3
CACHE="${SOHOA_CACHE:-$HOME/.cache/sohoa}/eark"
PYTHON="${PYTHON:-python3}"

if [ -f "$CACHE/commons-ip-$COMMONS/ready" ] && [ -f "$CACHE/eark-validator-$EARK/ready" ]; then
    exit 0
fi
echo "setup: fetching commons-ip $COMMONS and eark-validator $EARK"
mkdir -p "$CACHE/commons-ip-$COMMONS"
cat > "$CACHE/commons-ip-$COMMONS/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>sohoa</groupId><artifactId>judges</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.roda-community</groupId><artifactId>commons-ip2</artifactId><version>$COMMONS</version>
  </dependency></dependencies>
</project>
XML
DIGESTS="$PWD/setup/eark.sha256"
mvn -B -q -f "$CACHE/commons-ip-$COMMONS/pom.xml" dependency:copy-dependencies -DoutputDirectory=lib
if ! (cd "$CACHE/commons-ip-$COMMONS" && sha256sum --check --status "$DIGESTS"); then
    rm -rf "$CACHE/commons-ip-$COMMONS"
    echo "setup: the digests of commons-ip are not those of setup/eark.sha256; it was not kept" >&2
    exit 6
fi
touch "$CACHE/commons-ip-$COMMONS/ready"
# A venv of its own: it pins another lxml than ours.
"$PYTHON" -m venv "$CACHE/eark-validator-$EARK"
"$CACHE/eark-validator-$EARK/bin/pip" install --quiet --disable-pip-version-check \
    --require-hashes -r requirements/eark.txt
touch "$CACHE/eark-validator-$EARK/ready"
