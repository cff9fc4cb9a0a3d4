#!/bin/sh
# Fetches EU DSS (LGPL; a program beside us, never imported) into the cache, checks its digests.
set -eu

VERSION=6.4
CACHE="${SOHOA_CACHE:-$HOME/.cache/sohoa}/dss"
DIGESTS="$PWD/setup/dss.sha256"

if [ -d "$CACHE" ] && (cd "$CACHE" && sha256sum --check --status "$DIGESTS"); then
    exit 0
fi
echo "setup: fetching EU DSS $VERSION"
mkdir -p "$CACHE"
group() {
    printf '<dependency><groupId>eu.europa.ec.joinup.sd-dss</groupId><artifactId>%s</artifactId>' "$1"
    printf '<version>%s</version>%s</dependency>\n' "$VERSION" "${2:-}"
}
# dss-pdfa judges PDF/A, which veraPDF does.
NO_PDFA="<exclusions><exclusion><groupId>eu.europa.ec.joinup.sd-dss</groupId><artifactId>dss-pdfa</artifactId></exclusion></exclusions>"
{
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>sohoa</groupId><artifactId>judges</artifactId><version>1</version><dependencies>'
    group dss-pades-pdfbox "$NO_PDFA"
    for module in dss-validation dss-utils-apache-commons dss-crl-parser-x509crl dss-cms-object dss-policy-jaxb dss-service; do
        group "$module"
    done
    echo '<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.17</version></dependency>'
    echo '</dependencies></project>'
} > "$CACHE/pom.xml"
mvn -B -q -f "$CACHE/pom.xml" dependency:copy-dependencies -DoutputDirectory="$CACHE" -Dmdep.overWriteReleases=true
if ! (cd "$CACHE" && sha256sum --check --status "$DIGESTS"); then
    rm -rf "$CACHE"
    echo "setup: the digests of EU DSS are not those in setup/dss.sha256; it was not kept" >&2
    exit 6
fi
