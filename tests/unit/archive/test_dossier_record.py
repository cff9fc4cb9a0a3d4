"""A dossier's own object: valid OCFL, versions only for changes, completed after a kill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from judges import ocfl as judge
from lxml import etree
from unit.archive import made

from archive import dossier_record, ead, ocfl, read
from archive.dossier_record import DossierRecord, ListedPaper
from archive.file_store import FileStore
from archive.fixity import check, survey
from dossier.errors import IntegrityViolation
from dossier.ports import RecordVersion

CODE = "H15.50.05.13-261008-0975"
RECORD = DossierRecord(
    office=made.OFFICE,
    code=CODE,
    procedure="Đăng ký khai sinh",
    owner="Trần Thị Hoà",
    keep_years=0,
    closed_at=made.NOON,
    closed_by="cli:mai",
    expected=("birth-declaration",),
    first=made.NOON - timedelta(days=1),
    last=made.NOON,
    born_digital=False,
    papers=(
        ListedPaper(
            paper=made.paper_id(1),
            ordinal=1,
            kind="birth-declaration",
            pages=2,
            object_id=ocfl.object_id(made.paper_id(1)),
            version=1,
            digest="ab" * 64,
        ),
    ),
    at=made.NOON,
    actor="cli:mai",
)
CORRECTED = replace(
    RECORD,
    at=made.NOON + timedelta(hours=1),
    papers=(replace(RECORD.papers[0], version=2, digest="cd" * 64),),
)


def _write(store: FileStore, record: DossierRecord) -> dossier_record.StoredDossier:
    return dossier_record.write(store, record, kept_until=made.LATER)


def test_it_reads_back_as_it_was_written(store: FileStore, root: Path) -> None:
    stored = _write(store, RECORD)
    assert stored.record == RECORD
    assert dossier_record.load(store, stored.key) == stored
    assert CODE not in stored.key
    assert judge.root_is_valid(root / "record")
    check(store, stored.key)


def test_its_ead_has_the_fields_of_the_form_and_is_valid(store: FileStore) -> None:
    stored = read.load(store, _write(store, RECORD).key)
    written = etree.fromstring(read.read_file(store, stored, dossier_record.EAD, limit=1 << 20))
    schema = etree.XMLSchema(etree.fromstring(ead.schema(ead.FILE_FIELDS)))
    assert schema.validate(written)
    fields = {node.tag: node.text for node in written}
    assert fields["title"] == f"Đăng ký khai sinh {CODE}"
    assert (fields["totalDoc"], fields["numberOfPage"], fields["maintenance"]) == ("1", "2", "01")
    written[0].tag = "arcfilecode"
    assert not schema.validate(written)


def test_only_a_change_adds_a_version(store: FileStore, root: Path) -> None:
    first = _write(store, RECORD)
    again = _write(store, replace(RECORD, at=RECORD.at + timedelta(days=1), actor="beat"))
    assert again == first
    second = _write(store, CORRECTED)
    assert [version.number for version in second.versions] == [1, 2]
    assert second.record == CORRECTED
    assert second.versions[0] == first.versions[0]
    assert judge.root_is_valid(root / "record")


def test_its_lock_is_never_shorter_after_a_change(store: FileStore) -> None:
    later = made.LATER + timedelta(days=1000)
    dossier_record.write(store, RECORD, kept_until=later)
    stored = _write(store, CORRECTED)
    ends = {store.kept_until(record) for record in store.records(stored.key)}
    assert min(ends) >= later.replace(microsecond=0)


class _KilledError(Exception):
    pass


@contextmanager
def _killed_after(store: FileStore, writes: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kill the writer after so many writes to the record area."""
    left = [writes]

    def counted(name: str) -> Any:  # noqa: ANN401 - a method of the store
        method = getattr(FileStore, name)

        def write(*args: object, **kwargs: object) -> RecordVersion:
            if not left[0]:
                raise _KilledError
            left[0] -= 1
            result: RecordVersion = method(*args, **kwargs)
            return result

        return write

    with monkeypatch.context() as patch:
        for name in ("put_record", "replace_derived"):
            patch.setattr(FileStore, name, counted(name))
        yield


@pytest.mark.parametrize("writes", range(8))
@pytest.mark.parametrize("before", [False, True], ids=["first", "second"])
def test_a_version_that_was_interrupted_is_completed_as_it_was_begun(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, *, before: bool, writes: int
) -> None:
    """The dossier changes once more before anybody looks again."""
    if before:
        _write(store, RECORD)
    begun = CORRECTED if before else RECORD
    with _killed_after(store, writes, monkeypatch), suppress(_KilledError):
        _write(store, begun)
    final = replace(begun, closed_at=None, closed_by="", at=begun.at + timedelta(hours=2))
    stored = _write(store, final)
    assert stored.record == final
    assert [a.code for a in survey(store).alarms] == []


@pytest.mark.parametrize("path", ["dossier.json", "EAD.xml"])
def test_a_flipped_byte_is_an_alarm(store: FileStore, root: Path, path: str) -> None:
    stored = _write(store, RECORD)
    made.flip(root / "record" / stored.key / "v1/content" / path)
    with pytest.raises(IntegrityViolation, match=r"not what was archived"):
        check(store, stored.key)


def test_a_wrong_description_is_refused(store: FileStore, root: Path) -> None:
    stored = _write(store, RECORD)
    folder = root / "record" / stored.key
    forged = dossier_record.to_json(replace(RECORD, code="A-1"))
    made.replace_content(folder, "dossier.json", forged)
    with pytest.raises(IntegrityViolation) as caught:
        dossier_record.load(store, stored.key)
    assert caught.value.code == "object.bad-dossier"
