"""A deposit on a real store with locks: how many requests it takes, and what it does not trust."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from servers.minio import Minio
from servers.proxy import Fault, proxy
from servers.stores import Place, place
from unit.archive import made

from archive import fixity, ocfl
from archive.deposit import deposit, initialize
from archive.s3_store import S3Store
from dossier.errors import IntegrityViolation
from dossier.spine import ArchivedRecord

KEYS = 12
NOW = datetime.now(UTC)
UNTIL = NOW + timedelta(days=90)


@pytest.fixture
def here(minio_server: Minio, tmp_path: Path) -> Place:
    return place(minio_server, tmp_path)


def _deposit(store: S3Store, number: int = 1) -> ArchivedRecord:
    return deposit(
        made.signed_record(store, number=number, ordinal=number),
        store=store,
        archived_at=NOW,
        kept_until=UNTIL,
        provenance=made.PROVENANCE,
    )


def test_a_deposit_puts_and_reads_each_file_once_and_lists_twice(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = here.store()
    initialize(store, kept_until=UNTIL)
    signed = made.signed_record(store)
    asked: Counter[str] = Counter()
    request = urllib3.PoolManager.urlopen

    def counted(self: urllib3.PoolManager, method: str, url: str, **more: object) -> object:
        listing = "versions" in parse_qs(urlsplit(url).query, keep_blank_values=True)
        asked["LIST" if listing else method] += 1
        return request(self, method, url, **more)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", counted)
    deposit(signed, store=store, archived_at=NOW, kept_until=UNTIL)
    # Words, scan and PDF of the work area are read too.
    assert asked == {"PUT": KEYS, "GET": KEYS + 3, "LIST": 2}


def test_the_same_deposit_again_adds_nothing(here: Place) -> None:
    store = here.store()
    assert _deposit(store) == _deposit(store)
    assert len(list(store.records())) == KEYS
    assert list(store.covered()) == []


@pytest.mark.parametrize("fault", [Fault.KNOWS_NO_CONDITION, Fault.FORGETS_CONDITION])
def test_a_store_without_conditions_takes_it_too(here: Place, fault: Fault) -> None:
    with proxy(here.minio.address) as between:
        store = here.store(host=between.address)
        with between.misbehaving(fault):
            archived = _deposit(store)
    direct = here.store()
    fixity.check(direct, archived.key, now=NOW)
    assert list(direct.covered()) == []


def test_what_was_hidden_before_is_not_taken_for_what_was_written(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forgery under a delete marker, which the store's condition does not see."""
    store = here.store()
    key = f"{ocfl.object_key(ocfl.object_id(made.paper_id(1)))}/v1/content/signed.pdf"
    listed, looks = S3Store.records, iter([True])

    def hides(self: S3Store, prefix: str = "") -> object:
        """Somebody writes and hides it between the listing and the deposit."""
        found = list(listed(self, prefix))
        if next(looks, False):
            source = here.file(b"a forgery")
            store.put_record(key, source, kept_until=UNTIL)
            here.administrator().remove_object(here.bucket, key)
        return iter(found)

    signed = made.signed_record(store)
    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "records", hides)
        with pytest.raises(IntegrityViolation) as caught:
            deposit(signed, store=store, archived_at=NOW, kept_until=UNTIL)
    assert caught.value.code == "record.exists"
