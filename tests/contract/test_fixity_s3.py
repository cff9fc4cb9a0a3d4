"""Fixity on a real store with locks: an unlocked key, a younger version, a delete marker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from servers.minio import Minio
from servers.stores import Place, place
from unit.archive import made

from archive import fixity
from archive.correction import correct
from archive.deposit import deposit, initialize
from archive.s3_store import S3Store


@pytest.fixture
def here(minio_server: Minio, tmp_path: Path) -> Place:
    return place(minio_server, tmp_path)


def test_each_fault_raises_its_alarm(here: Place) -> None:
    store: S3Store = here.store()
    now = datetime.now(UTC)
    until = now + timedelta(days=90)
    initialize(store, kept_until=until)
    keys = [
        deposit(
            made.signed_record(store, number=number, ordinal=number),
            store=store,
            archived_at=now,
            kept_until=until,
            provenance=made.PROVENANCE,
        ).key
        for number in (1, 2, 3)
    ]
    correct(store, keys[2], made.description(kind="x"), at=now, actor="cli:mai", reason="sai")
    assert fixity.survey(store, now=now).alarms == []
    assert {a.code for a in fixity.survey(store, now=until).alarms} == {"lock.ending"}

    client, bucket = store._client, store._address.bucket
    client.put_object(bucket, f"{keys[0]}/v1/content/more", BytesIO(b"x"), 1)
    client.put_object(bucket, f"{keys[1]}/v1/content/signed.pdf", BytesIO(b"x"), 1)
    alarms = {(a.key, a.code) for a in fixity.survey(store, now=now).alarms}
    assert alarms == {
        (keys[0], "object.stray-file"),
        (f"{keys[1]}/v1/content/signed.pdf", "record.covered"),
    }


def test_a_key_without_a_lock_is_an_alarm(here: Place) -> None:
    store: S3Store = here.store()
    now = datetime.now(UTC)
    client, bucket = store._client, store._address.bucket
    initialize(store, kept_until=now + timedelta(days=90))
    archived = deposit(
        made.signed_record(store), store=store, archived_at=now, kept_until=now + timedelta(days=90)
    )
    other = here.store()
    # A whole object that somebody copied without locks, to where it belongs by its identifier.
    copies = {r.key: _read(other, r) for r in store.records(archived.key)}
    bare = "ab/cd/object"
    for key, content in copies.items():
        client.put_object(bucket, key.replace(archived.key, bare), BytesIO(content), len(content))
    unlocked = list(store.records(bare))
    with pytest.raises(Exception, match="not locked"):
        fixity.check_locks(store, unlocked, now=now)


def _read(store: S3Store, record: object) -> bytes:
    with store.open_record(record) as stream:  # type: ignore[arg-type]  # of the listing
        return stream.read()
