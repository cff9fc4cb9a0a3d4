"""What must hold on a store by S3 besides: nobody takes, hides or shortens, and nothing on top."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from minio import Minio as Client
from minio.commonconfig import COMPLIANCE, ENABLED, GOVERNANCE, Filter
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule
from minio.objectlockconfig import DAYS, ObjectLockConfig
from minio.retention import Retention
from minio.versioningconfig import SUSPENDED, VersioningConfig
from servers.minio import Minio
from servers.stores import Place, place

from archive.s3_reading import reading
from archive.s3_store import S3Store
from dossier.errors import IntegrityViolation
from dossier.ports import RecordVersion

KEY = "ab/cd/urn%3auuid%3a1/v1/inventory.json"
SOON = datetime(2036, 1, 1, tzinfo=UTC)
EARLIER = SOON - timedelta(days=365)
REFUSED = {"AccessDenied", "InvalidRequest"}


@pytest.fixture
def here(minio_server: Minio, tmp_path: Path) -> Place:
    return place(minio_server, tmp_path)


def _read(store: S3Store, record: RecordVersion) -> bytes:
    with store.open_record(record) as stream:
        return stream.read()


# The service's keys allow adding, and nothing else. Each way is tried.


@dataclasses.dataclass(frozen=True)
class Target:
    """A record, and a client to harm it with."""

    client: Client
    bucket: str
    record: RecordVersion


def delete_the_version(at: Target) -> None:
    at.client.remove_object(at.bucket, at.record.key, version_id=at.record.version)


def hide_it(at: Target) -> None:
    at.client.remove_object(at.bucket, at.record.key)


def delete_it_in_a_batch(at: Target) -> None:
    _batch(at, DeleteObject(at.record.key, at.record.version))


def hide_it_in_a_batch(at: Target) -> None:
    _batch(at, DeleteObject(at.record.key))


def _batch(at: Target, what: DeleteObject) -> None:
    # A batch tells what was refused instead of raising it.
    for refused in at.client.remove_objects(at.bucket, [what], bypass_governance_mode=True):
        assert refused.code in REFUSED
        raise PermissionError


def shorten_the_term(at: Target) -> None:
    _set_retention(at, Retention(COMPLIANCE, EARLIER))


def soften_the_lock(at: Target) -> None:
    _set_retention(at, Retention(GOVERNANCE, SOON + timedelta(days=9)))


def _set_retention(at: Target, retention: Retention) -> None:
    at.client.set_object_retention(
        at.bucket, at.record.key, retention, version_id=at.record.version
    )


def suspend_versioning(at: Target) -> None:
    at.client.set_bucket_versioning(at.bucket, VersioningConfig(SUSPENDED))


def change_the_locks_of_the_bucket(at: Target) -> None:
    at.client.set_object_lock_config(at.bucket, ObjectLockConfig(GOVERNANCE, 1, DAYS))


def remove_the_locks_of_the_bucket(at: Target) -> None:
    at.client.delete_object_lock_config(at.bucket)


def let_it_expire(at: Target) -> None:
    at.client.set_bucket_lifecycle(
        at.bucket,
        LifecycleConfig(
            [Rule(ENABLED, rule_filter=Filter(prefix=""), expiration=Expiration(days=1))]
        ),
    )


def give_others_the_right(at: Target) -> None:
    at.client.set_bucket_policy(
        at.bucket,
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",'
        f' "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::{at.bucket}/*"}}]}}',
    )


def remove_the_bucket(at: Target) -> None:
    at.client.remove_bucket(at.bucket)


Harm = Callable[[Target], None]
OF_EVERYBODY: tuple[Harm, ...] = (
    delete_the_version, delete_it_in_a_batch, shorten_the_term, soften_the_lock,
    suspend_versioning, remove_the_bucket,
)  # fmt: skip
"""Refused to the administrator too, by the lock."""
OF_THE_SERVICE: tuple[Harm, ...] = (
    hide_it, hide_it_in_a_batch, change_the_locks_of_the_bucket, remove_the_locks_of_the_bucket,
    let_it_expire, give_others_the_right,
)  # fmt: skip
"""Refused to the service, by its policy."""


@pytest.mark.parametrize("harm", OF_EVERYBODY + OF_THE_SERVICE, ids=lambda harm: harm.__name__)
def test_the_service_can_do_no_harm(here: Place, harm: Harm) -> None:
    store = here.store()
    record = store.put_record(KEY, here.file(b"the record"), kept_until=SOON)
    with pytest.raises((S3Error, PermissionError)) as caught:
        harm(Target(here.service(), here.bucket, record))
    if isinstance(caught.value, S3Error):
        assert caught.value.code in REFUSED
    assert _read(store, record) == b"the record"
    assert list(store.records()) == [record]
    assert list(store.covered()) == []
    assert store.kept_until(record) == SOON


@pytest.mark.parametrize("harm", OF_EVERYBODY, ids=lambda harm: harm.__name__)
def test_not_even_the_administrator_can_take_a_record(here: Place, harm: Harm) -> None:
    store = here.store()
    record = store.put_record(KEY, here.file(b"the record"), kept_until=SOON)
    with pytest.raises((S3Error, PermissionError)):
        harm(Target(here.administrator(), here.bucket, record))
    assert _read(store, record) == b"the record"
    assert store.kept_until(record) == SOON


@pytest.mark.parametrize("harm", [hide_it, hide_it_in_a_batch, let_it_expire])
def test_what_the_service_is_refused_can_be_done_by_others(here: Place, harm: Harm) -> None:
    """So the tries above are real ones: it is the policy that refuses them."""
    record = here.store().put_record(KEY, here.file(b"the record"), kept_until=SOON)
    harm(Target(here.administrator(), here.bucket, record))


def test_a_term_can_be_made_longer(here: Place) -> None:
    store = here.store()
    record = store.put_record(KEY, here.file(b"the record"), kept_until=SOON)
    later = SOON + timedelta(days=365)
    _set_retention(Target(here.service(), here.bucket, record), Retention(COMPLIANCE, later))
    assert store.kept_until(record) == later


# A write over a record is reported, and never read as the record.


def _put_over(here: Place, key: str, content: bytes) -> None:
    here.service().put_object(here.bucket, key, BytesIO(content), len(content))


def _hide(here: Place, key: str) -> None:
    here.administrator().remove_object(here.bucket, key)


def what_lies_over_a_record_is_not_read(store: S3Store, here: Place) -> None:
    record = store.put_record(KEY, here.file(b"the record"), kept_until=SOON)
    _put_over(here, KEY, b"a forgery")
    by_key = RecordVersion(key=KEY, version="", size=record.size)
    for asked in (record, by_key, *store.records()):
        assert _read(store, asked) == b"the record"
    assert store.kept_until(by_key) == SOON
    assert list(store.records()) == [record]
    (over,) = store.covered()
    assert (over.key, over.size) == (KEY, len(b"a forgery"))
    assert store.put_record(KEY, here.file(b"the record"), kept_until=SOON) == record
    with pytest.raises(IntegrityViolation) as caught:
        store.put_record(KEY, here.file(b"a forgery"), kept_until=SOON)
    assert caught.value.code == "record.exists"
    assert here.versions(KEY) == 2


def a_hidden_record_is_there(store: S3Store, here: Place) -> None:
    kept = [store.put_record(f"a/{n}", here.file(b"%d" % n), kept_until=SOON) for n in range(3)]
    _hide(here, "a/1")
    assert list(store.records()) == kept
    assert [_read(store, record) for record in store.records()] == [b"0", b"1", b"2"]
    assert [over.key for over in store.covered()] == ["a/1"]
    assert [over.key for over in store.covered("a/2")] == []
    assert store.put_record("a/1", here.file(b"1"), kept_until=SOON) == kept[1]
    assert here.versions("a/1") == 1


def a_hidden_record_that_was_put_again_is_the_old_one(store: S3Store, here: Place) -> None:
    record = store.put_record(KEY, here.file(b"the record"), kept_until=SOON)
    _hide(here, KEY)
    _put_over(here, KEY, b"a forgery")
    _hide(here, KEY)
    assert list(store.records()) == [record]
    assert len(list(store.covered())) == 3
    assert _read(store, record) == b"the record"


def what_is_not_locked_is_no_record_of_ours(store: S3Store, here: Place) -> None:
    _put_over(here, KEY, b"the record")
    with pytest.raises(IntegrityViolation) as caught:
        store.put_record(KEY, here.file(b"the record"), kept_until=SOON)
    assert caught.value.code == "record.not-locked"
    with pytest.raises(IntegrityViolation) as caught:
        store.kept_until(RecordVersion(key=KEY, version="", size=1))
    assert caught.value.code == "record.not-locked"


def a_note_of_its_digest_is_no_proof(store: S3Store, here: Place) -> None:
    """What lies there is read where the note does not tell that it is the same."""
    lock = Retention(COMPLIANCE, SOON)
    for key, note in (("a", ""), ("b", "0" * 64)):
        here.service().put_object(
            *(here.bucket, key, BytesIO(b"same"), 4),
            metadata={"sha256": note} if note else None,
            retention=lock,
        )
        assert store.put_record(key, here.file(b"same"), kept_until=SOON).key == key
        with pytest.raises(IntegrityViolation):
            store.put_record(key, here.file(b"else"), kept_until=SOON)


Check = Callable[[S3Store, Place], None]
CHECKS: tuple[Check, ...] = (
    what_lies_over_a_record_is_not_read,
    a_hidden_record_is_there,
    a_hidden_record_that_was_put_again_is_the_old_one,
    what_is_not_locked_is_no_record_of_ours,
    a_note_of_its_digest_is_no_proof,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nothing_on_top_is_believed(here: Place, check: Check) -> None:
    check(here.store(), here)


class ReadsTheYoungest(S3Store):
    """Reads by the key alone."""

    def open_record(self, record: RecordVersion) -> AbstractContextManager[BinaryIO]:
        return reading(self._client, self._address.bucket, record.key, version="")


class ListsTheYoungest(S3Store):
    """Takes the first of a key that the store tells."""

    def _versions(self, prefix: str) -> Iterator[tuple[RecordVersion, bool]]:
        key = ""
        for record, _over in super()._versions(prefix):
            yield record, record.key == key
            key = record.key


class TellsOnlyForgeries(S3Store):
    """Overlooks delete markers."""

    def covered(self, prefix: str = "") -> Iterator[RecordVersion]:
        yield from (over for over in super().covered(prefix) if over.size)


class LooksByName(S3Store):
    """Looks whether a record is there as one asks for an ordinary object."""

    def _oldest(self, key: str) -> RecordVersion | None:
        try:
            self._client.stat_object(self._address.bucket, key)
        except S3Error:
            return None
        return super()._oldest(key)


class BelievesNotes(S3Store):
    """Takes a note of another digest for other bytes, and no lock for a lock."""

    def _same_or_refused(self, there: RecordVersion, blob: object) -> RecordVersion:
        del blob
        return there


@pytest.mark.parametrize(
    "kind", [ReadsTheYoungest, ListsTheYoungest, TellsOnlyForgeries, LooksByName, BelievesNotes]
)
def test_a_broken_store_is_caught(minio_server: Minio, tmp_path: Path, kind: type[S3Store]) -> None:
    def fails(check: Check, folder: Path) -> bool:
        folder.mkdir()
        where = place(minio_server, folder)
        try:
            check(where.store(kind), where)
        except (AssertionError, pytest.fail.Exception, IntegrityViolation):
            return True
        return False

    assert any(fails(check, tmp_path / str(n)) for n, check in enumerate(CHECKS))


def test_a_record_under_more_versions_than_a_page_is_found(here: Place) -> None:
    store = here.store()
    last = here.store().put_record("b", here.file(b"after it"), kept_until=SOON)
    record = store.put_record("a", here.file(b"the record"), kept_until=SOON)
    client = here.administrator()

    def bury(number: int) -> str:
        if number % 10 == 0:
            client.remove_object(here.bucket, "a")
            return ""
        return client.put_object(here.bucket, "a", BytesIO(b"x"), 1).version_id or ""

    with ThreadPoolExecutor(4) as threads:
        over = set(threads.map(bury, range(1100))) - {""}
    assert list(store.records()) == [record, last]
    covered = {found.version: found for found in store.covered()}
    assert over < covered.keys()
    assert {found.key for found in covered.values()} == {"a"}
    assert record.version not in covered
    assert _read(store, RecordVersion(key="a", version="", size=1)) == b"the record"
