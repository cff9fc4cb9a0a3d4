#!/bin/sh
# Fetches the E-ARK judges of the tests: commons-ip (LGPL) and eark-validator (Apache); programs beside us.
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
mvn -B -q -f "$CACHE/commons-ip-$COMMONS/pom.xml" dependency:copy-dependencies -DoutputDirectory=lib
touch "$CACHE/commons-ip-$COMMONS/ready"
# A venv of its own: it pins another lxml than ours.
"$PYTHON" -m venv "$CACHE/eark-validator-$EARK"
"$CACHE/eark-validator-$EARK/bin/pip" install -q "eark-validator==$EARK"
touch "$CACHE/eark-validator-$EARK/ready"
