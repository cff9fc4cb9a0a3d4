"""Laying records down: whole, judged, after crashes, and not at all where something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import BinaryIO

import pytest
from judges import ocfl as judge
from unit.archive import made

from archive import fixity, ocfl, package, read
from archive.deposit import deposit, initialize
from archive.file_store import FileStore
from dossier.errors import IntegrityViolation, TransientFault, WrongUse
from dossier.ports import RecordVersion
from dossier.spine import ArchivedRecord, SignedRecord

PUTS = 12


def _deposit(signed: SignedRecord, store: FileStore, at: datetime = made.NOON) -> ArchivedRecord:
    return deposit(signed, store=store, archived_at=at, kept_until=at + timedelta(days=90))


def test_a_record_becomes_one_whole_object(store: FileStore, root: Path) -> None:
    signed = made.signed_record(store)
    archived = _deposit(signed, store)
    assert archived.object_id == f"urn:uuid:{signed.record.paper.id}"
    assert (archived.version, archived.signed) == (1, signed)
    assert archived.archived_at == made.NOON
    stored = fixity.check(store, archived.key)
    assert stored.paths == (
        "documentation/description.json",
        "documentation/validation.json",
        "documentation/words.json.gz",
        "metadata/descriptive/EAD_doc.xml",
        "metadata/preservation/PREMIS.xml.gz",
        "representations/rep1/data/H15.50.05.13-261008-0975.001.pdf",
        "representations/rep2/data/received.tif",
    )
    assert len(stored.files) == PUTS
    digests = dict(archived.digests)
    assert digests["representations/rep2/data/received.tif"] == signed.record.paper.scan.blob.digest
    assert digests[package.signed_path(signed.record.paper)] == signed.pdf.digest
    assert judge.object_is_valid(root / "record" / archived.key)
    assert judge.root_is_valid(root / "record")


_SYLLABLES = (
    *("phường", "quận", "thành", "phố", "người", "yêu", "cầu", "giấy", "tờ", "tùy", "thân"),
    *("nơi", "cư", "trú", "dân", "tộc", "Kinh", "đăng", "ký", "khai", "sinh", "cơ", "quan"),
)
MOST_BYTES, MOST_KEYS = 30 << 10, 16


def test_a_record_costs_no_more_than_its_budget(store: FileStore, root: Path) -> None:
    """Beside scan and signed PDF, of three pages with 400 words each."""
    chosen = Random(1)  # noqa: S311 - the same text every time
    text = "\f".join(
        "\n".join(
            " ".join(chosen.choice(_SYLLABLES) + chosen.choice("aàáăâeêioôơu") for _ in range(10))
            for _ in range(40)
        )
        for _ in range(3)
    )
    archived = deposit(
        made.signed_record(store, text=text),
        store=store,
        archived_at=made.NOON,
        kept_until=made.LATER,
        provenance=made.PROVENANCE,
    )
    beside = [
        record.size
        for record in store.records(f"{archived.key}/")
        if not record.key.endswith(("/signed.pdf", "/received.tif"))
    ]
    assert len(beside) <= MOST_KEYS
    assert sum(beside) <= MOST_BYTES


def test_every_file_is_kept_as_long_as_the_record(store: FileStore) -> None:
    archived = _deposit(made.signed_record(store), store)
    kept = {store.kept_until(record) for record in store.records(archived.key)}
    assert kept == {archived.kept_until}
    assert archived.kept_until == made.LATER.replace(microsecond=0) + timedelta(seconds=1)


def test_no_key_names_a_person(store: FileStore) -> None:
    archived = _deposit(made.signed_record(store), store)
    for record in store.records(archived.key):
        assert "Nguy" not in record.key
        assert made.MOTHER not in record.key


def test_the_judge_sees_a_flipped_byte(store: FileStore, root: Path) -> None:
    archived = _deposit(made.signed_record(store), store)
    folder = root / "record" / archived.key
    path = folder / "v1" / "content" / "words.json.gz"
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    assert not judge.object_is_valid(folder)
    assert not judge.root_is_valid(root / "record")
    with pytest.raises(IntegrityViolation) as caught:
        fixity.check(store, archived.key)
    assert caught.value.code == "object.file-changed"


class Dies(Exception):
    """The process is gone."""


class DyingStore(FileStore):
    """Dies at the n-th record put: before it, or after it and before the answer."""

    def __init__(self, root: Path, *, puts: int, done: bool) -> None:
        super().__init__(root)
        self.left = puts
        self.done = done

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        if self.left == 0:
            if self.done:
                super().put_record(key, source, kept_until=kept_until)
            raise Dies
        self.left -= 1
        return super().put_record(key, source, kept_until=kept_until)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("puts", range(PUTS))
def test_a_deposit_broken_off_anywhere_is_completed_later(
    root: Path, store: FileStore, puts: int, *, done: bool
) -> None:
    signed = made.signed_record(store)
    dying = DyingStore(root, puts=puts, done=done)
    with pytest.raises(Dies):
        _deposit(signed, dying)
    written = {r.key: _bytes(store, r) for r in store.records()}
    key = ocfl.object_key(f"urn:uuid:{signed.record.paper.id}")
    last = puts == PUTS - 1 and done
    if not last:
        with pytest.raises(IntegrityViolation) as caught:
            read.load(store, key)
        assert caught.value.code in {"object.missing", "object.unfinished"}
    # A day later, and with another idea of how long to keep it.
    archived = deposit(
        signed,
        store=store,
        archived_at=made.NOON + timedelta(days=1),
        kept_until=made.NOON + timedelta(days=400),
    )
    assert archived.key == key
    fixity.check(store, key)
    assert len(list(store.records(key + "/"))) == PUTS
    for record in store.records():
        if record.key in written:
            assert _bytes(store, record) == written[record.key]
    description = json.loads(
        read.read_file(store, read.load(store, key), package.DESCRIPTION, limit=9999)
    )
    assert description["archived_at"] == archived.archived_at.isoformat()
    assert description["kept_until"] == archived.kept_until.isoformat()
    described = f"{key}/v1/content/description.json" in written
    assert archived.archived_at == (made.NOON if described else made.NOON + timedelta(days=1))


def _bytes(store: FileStore, record: RecordVersion) -> bytes:
    with store.open_record(record) as stream:
        return stream.read()


def test_again_is_the_same(store: FileStore) -> None:
    signed = made.signed_record(store)
    first = _deposit(signed, store)
    before = list(store.records())
    assert _deposit(signed, store, at=made.LATER) == first
    assert list(store.records()) == before


class CrowdedStore(FileStore):
    """Somebody else deposits the same record just before the first file is written."""

    signed: SignedRecord | None = None

    def put_record(self, key: str, source: Path, *, kept_until: datetime) -> RecordVersion:
        if self.signed is not None:
            signed, self.signed = self.signed, None
            _deposit(signed, self, at=made.NOON + timedelta(seconds=1))
        return super().put_record(key, source, kept_until=kept_until)


def test_two_who_deposit_the_same_make_one_object(root: Path, store: FileStore) -> None:
    signed = made.signed_record(store)
    crowded = CrowdedStore(root)
    crowded.signed = signed
    archived = _deposit(signed, crowded)
    assert archived.archived_at == made.NOON + timedelta(seconds=1)
    fixity.check(store, archived.key)
    assert _deposit(signed, store) == archived


def test_a_missing_scratch_folder_is_reported(store: FileStore, tmp_path: Path) -> None:
    signed = made.signed_record(store)
    with pytest.raises(TransientFault) as caught:
        deposit(
            signed,
            store=store,
            archived_at=made.NOON,
            kept_until=made.LATER,
            scratch=tmp_path / "not there",
        )
    assert str(tmp_path) not in caught.value.message


def test_other_bytes_in_the_way_are_an_alarm(store: FileStore, tmp_path: Path) -> None:
    signed = made.signed_record(store)
    key = ocfl.object_key(f"urn:uuid:{signed.record.paper.id}")
    other = tmp_path / "other"
    other.write_bytes(b"not this record's")
    store.put_record(f"{key}/v1/content/signed.pdf", other, kept_until=made.LATER)
    with pytest.raises(IntegrityViolation) as caught:
        _deposit(signed, store)
    assert caught.value.code == "record.exists"


def test_a_stray_file_in_the_object_is_an_alarm(store: FileStore, tmp_path: Path) -> None:
    signed = made.signed_record(store)
    key = ocfl.object_key(f"urn:uuid:{signed.record.paper.id}")
    other = tmp_path / "other"
    other.write_bytes(b"not this record's")
    store.put_record(f"{key}/v1/content/more.pdf", other, kept_until=made.LATER)
    with pytest.raises(IntegrityViolation) as caught:
        _deposit(signed, store)
    assert caught.value.code == "object.stray-file"


class ForgetfulStore(FileStore):
    """Gives one file back with a byte flipped."""

    name = ""

    @contextmanager
    def open_record(self, record: RecordVersion) -> Iterator[BinaryIO]:
        with super().open_record(record) as stream:
            if not record.key.endswith(self.name):
                yield stream
                return
            content = bytearray(stream.read())
            content[len(content) // 2] ^= 4
            yield BytesIO(content)


@pytest.mark.parametrize(
    "name", ["signed.pdf", "received.tif", "words.json.gz", "validation.json", "v1/inventory.json"]
)
def test_what_does_not_come_back_as_it_was_written_is_an_alarm(
    root: Path, store: FileStore, name: str
) -> None:
    forgetful = ForgetfulStore(root)
    forgetful.name = name
    with pytest.raises(IntegrityViolation) as caught:
        _deposit(made.signed_record(store), forgetful)
    assert caught.value.code == "record.not-as-written"


@pytest.mark.parametrize("which", ["pdf", "scan", "words"])
def test_a_blob_that_changed_in_the_work_area_is_not_archived(
    store: FileStore, root: Path, which: str
) -> None:
    signed = made.signed_record(store)
    record = signed.record
    blob = {"pdf": signed.pdf, "scan": record.paper.scan.blob, "words": record.words}[which]
    path = root / "work" / blob.digest[:2] / blob.digest
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(IntegrityViolation) as caught:
        _deposit(signed, store)
    assert caught.value.code == "work.changed"
    assert list(store.records("0")) == [next(store.records("0=ocfl_1.1"))]


def test_a_pdf_that_does_not_begin_with_what_was_judged_is_not_archived(store: FileStore) -> None:
    signed = made.signed_record(store)
    other = store.put_work_bytes(b"%PDF-1.7 rewritten while signing, and long enough to be judged")
    for pdf in (other, store.put_work_bytes(b"%PDF")):
        with pytest.raises(IntegrityViolation) as caught:
            _deposit(replace(signed, pdf=pdf), store)
        assert caught.value.code == "record.not-the-judged-pdfa"


def test_a_dossier_code_that_is_a_path_is_refused(store: FileStore) -> None:
    signed = made.signed_record(store, dossier="../../elsewhere")
    with pytest.raises(WrongUse):
        _deposit(signed, store)


def test_the_root_is_declared_once(store: FileStore, root: Path) -> None:
    before = list(store.records())
    initialize(store, kept_until=made.LATER)
    assert list(store.records()) == before
    assert judge.root_is_valid(root / "record")
    (root / "record" / "ocfl_layout.json").unlink()
    (root / "record" / "ocfl_layout.json").write_bytes(b'{"extension":"0004"}')
    with pytest.raises(IntegrityViolation):
        initialize(store, kept_until=made.LATER)
