# The image of every process of a province (docker-compose.yml): init, API, workers, beat.
# Debian 12 as the README's bare machine: the same packages that setup/system.sh installs there.
# The base is pinned by its dated tag. Its digest could not be looked up where this was written:
# add it when building for the field (docker buildx imagetools inspect).

FROM docker.io/library/debian:bookworm-20260803-slim AS made
# Debian takes old versions of a package away: what is pinned here could not be built any more.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/sohoa
COPY requirements/run.txt requirements/run.txt
RUN python3 -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --only-binary :all: --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY dossier dossier
COPY pages pages
COPY ingest ingest
COPY ocr ocr
COPY signing signing
COPY archive archive
COPY workflow workflow
COPY api api
COPY setup/store_user.py setup/healthy.py setup/
# The root file system is read-only later: what Python compiles, it compiles now.
RUN .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --no-build-isolation --no-index --editable . \
    && .venv/bin/python -m compileall -q dossier pages ingest ocr signing archive workflow api setup

FROM docker.io/library/debian:bookworm-20260803-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        bubblewrap ca-certificates fonts-liberation2 poppler-utils python3 \
        tesseract-ocr tesseract-ocr-eng tesseract-ocr-osd tesseract-ocr-vie \
    && rm -rf /var/lib/apt/lists/*
# Who works here owns the folders of data, and the files of secrets on the host (setup/secrets.sh).
ARG SOHOA_UID=10001
ARG SOHOA_GID=10001
RUN groupadd --non-unique --gid "$SOHOA_GID" sohoa \
    && useradd --non-unique --uid "$SOHOA_UID" --gid "$SOHOA_GID" --no-create-home \
        --home-dir /nonexistent --shell /usr/sbin/nologin sohoa \
    && install -d -m 0700 -o sohoa -g sohoa /var/lib/sohoa /var/lib/sohoa-keys
COPY --from=made /opt/sohoa /opt/sohoa
ENV PATH="/opt/sohoa/.venv/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    SOHOA_VAR=/var/lib/sohoa \
    SOHOA_KEYS=/var/lib/sohoa-keys
# By number, so that it can be seen from outside that it is not root.
USER $SOHOA_UID:$SOHOA_GID
WORKDIR /var/lib/sohoa
# Whether a process is well, the compose file asks (setup/healthy.py): each has its own question.
ENTRYPOINT ["sohoa"]
CMD ["--help"]
