"""The E-ARK package of a paper and of a dossier: judged, in each form, and never a damaged one."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from judges import eark
from lxml import etree
from unit.archive import made
from unit.archive.test_dossier_record import RECORD

from archive import dossier_record, ead
from archive.aip import Aip, compose_dossier, compose_paper
from archive.deposit import deposit
from archive.dossier_record import ListedPaper
from archive.export import stream_tar, stream_zip, write_file, write_folder
from archive.file_store import FileStore
from dossier.errors import IntegrityViolation, WrongUse
from dossier.spine import ArchivedRecord


@pytest.fixture
def records(store: FileStore) -> list[ArchivedRecord]:
    return [
        deposit(
            made.signed_record(store, number=number, ordinal=number),
            store=store,
            archived_at=made.NOON,
            kept_until=made.LATER,
            provenance=made.PROVENANCE,
        )
        for number in (1, 2)
    ]


@pytest.fixture
def paper(store: FileStore, records: list[ArchivedRecord]) -> Aip:
    return compose_paper(store, records[0].key, keep_years=0)


@pytest.fixture
def dossier(store: FileStore, records: list[ArchivedRecord]) -> Aip:
    """A closed dossier with an object of its own."""
    own = dossier_record.write(
        store,
        replace(RECORD, papers=tuple(map(_listed, records))),
        kept_until=made.LATER,
    )
    return compose_dossier(store, [record.key for record in records], dossier=own, keep_years=20)


def _listed(record: ArchivedRecord) -> ListedPaper:
    paper = record.signed.record.paper
    return ListedPaper(
        paper=paper.id,
        ordinal=paper.ordinal,
        kind="birth-declaration",
        pages=len(paper.pages),
        object_id=record.object_id,
        version=record.version,
        digest=record.versions[-1].digest,
    )


def test_a_dossier_is_described_by_its_own_object(dossier: Aip, tmp_path: Path) -> None:
    folder = write_folder(dossier, tmp_path)
    described = etree.parse(folder / "metadata/descriptive/EAD.xml").getroot()
    fields = {node.tag: node.text for node in described}
    assert fields["title"] == f"Đăng ký khai sinh {RECORD.code}"
    assert (fields["keyword"], fields["maintenance"]) == ("Đăng ký khai sinh", "01")
    assert (fields["totalDoc"], fields["numberOfPage"]) == ("2", "4")
    assert b"closed_by" in (folder / "documentation/dossier.json").read_bytes()


def test_a_dossier_that_lacks_a_listed_paper_is_not_exported(
    store: FileStore, records: list[ArchivedRecord]
) -> None:
    own = dossier_record.write(
        store, replace(RECORD, papers=tuple(map(_listed, records))), kept_until=made.LATER
    )
    with pytest.raises(IntegrityViolation) as caught:
        compose_dossier(store, [records[0].key], dossier=own, keep_years=0)
    assert caught.value.code == "dossier.paper-missing"


def test_a_dossier_that_was_never_closed_is_described_by_its_papers(
    store: FileStore, records: list[ArchivedRecord], tmp_path: Path
) -> None:
    aip = compose_dossier(store, [record.key for record in records], keep_years=20)
    described = etree.parse(write_folder(aip, tmp_path) / "metadata/descriptive/EAD.xml").getroot()
    fields = {node.tag: node.text for node in described}
    assert (fields["title"], fields["maintenance"]) == (f"Hồ sơ {RECORD.code}", "05")


def _hashes(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_both_judges_find_no_fault(paper: Aip, dossier: Aip, tmp_path: Path) -> None:
    folders = [write_folder(aip, tmp_path) for aip in (paper, dossier)]
    packed = write_file(dossier, tmp_path, stream=stream_zip, suffix=".zip")
    for version in ("V2.0.4", "V2.1.0"):
        assert eark.eark_validator([*folders, packed], version=version) == [[], [], []]
    assert eark.commons_ip(folders[0], version="2.1.0") == []
    assert eark.commons_ip(folders[1], version="2.0.4") == []
    assert eark.commons_ip(packed, version="2.2.0") == []


def _flip(folder: Path) -> None:
    made.flip(next((folder / "representations/rep1/data").glob("*.pdf")))


def _remove(folder: Path) -> None:
    next((folder / "representations/rep1/data").glob("*.pdf")).unlink()


def _wrong_element(folder: Path) -> None:
    mets = folder / "METS.xml"
    made.write_over(mets, mets.read_bytes().replace(b"structMap", b"structureMap"))


@pytest.mark.parametrize("spoil", [_flip, _remove, _wrong_element])
def test_the_judges_refuse_a_spoilt_package(
    paper: Aip, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    folder = write_folder(paper, tmp_path)
    spoil(folder)
    assert eark.commons_ip(folder, version="2.1.0") != []
    if spoil is _wrong_element:  # eark-validator opens no content
        assert eark.eark_validator([folder], version="V2.1.0") != [[]]


def test_descriptions_are_valid_by_their_schemas(dossier: Aip, tmp_path: Path) -> None:
    folder = write_folder(dossier, tmp_path)
    descriptions = sorted(folder.rglob("EAD_doc_*.xml"))
    assert len(descriptions) == 2
    for file, fields in [
        *((file, ead.DOC_FIELDS) for file in descriptions),
        (folder / "metadata/descriptive/EAD.xml", ead.FILE_FIELDS),
    ]:
        name = "EAD_doc.xsd" if fields is ead.DOC_FIELDS else "EAD.xsd"
        schema = etree.XMLSchema(etree.parse(folder / "schemas" / name))
        tree = etree.parse(file)
        assert schema.validate(tree), schema.error_log
        assert [element.tag for element in tree.getroot()] == list(fields)
        tree.getroot()[0].text = "x" * 101
        assert not schema.validate(tree)
    assert len(ead.DOC_FIELDS) == 19
    assert len(ead.FILE_FIELDS) == 18


def test_provenance_names_each_step_and_its_agent(paper: Aip, tmp_path: Path) -> None:
    folder = write_folder(paper, tmp_path)
    tree = etree.parse(folder / "representations/rep1/metadata/preservation/PREMIS_rep1.xml")
    spaces = {"p": "http://www.loc.gov/premis/v3"}
    types = tree.xpath("//p:eventType/text()", namespaces=spaces)
    assert set(types) == {
        "digital signature validation", "transfer", "metadata extraction", "normalization",
        "validation", "modification", "metadata modification", "digital signature generation",
        "information package creation",
    }  # fmt: skip
    agents = tree.xpath("//p:agentName/text()", namespaces=spaces)
    assert {"cli:mai", made.ENGINE, "Sohoa", "UBND phường Bến Nghé"} <= set(agents)
    linked = tree.xpath("//p:linkingAgentIdentifierValue/text()", namespaces=spaces)
    known = tree.xpath("//p:agentIdentifierValue/text()", namespaces=spaces)
    assert set(linked) == set(known)


def test_every_form_holds_the_same_files(paper: Aip, tmp_path: Path) -> None:
    folder = write_folder(paper, tmp_path / "folder")
    with zipfile.ZipFile(io.BytesIO(b"".join(stream_zip(paper)))) as packed:
        assert packed.testzip() is None
        packed.extractall(tmp_path / "zip")  # noqa: S202 - written above
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream_tar(paper)))) as packed_tar:
        packed_tar.extractall(tmp_path / "tar", filter="data")
    expected = _hashes(folder)
    assert set(expected) == set(paper.paths)
    assert _hashes(tmp_path / "zip" / paper.name) == expected
    assert _hashes(tmp_path / "tar" / paper.name) == expected


def test_again_is_harmless(paper: Aip, tmp_path: Path) -> None:
    folder = write_folder(paper, tmp_path)
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    assert write_folder(paper, tmp_path) == folder
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("difference", ["changed", "added", "missing", "link", "file"])
def test_another_folder_of_that_name_is_left_alone(
    paper: Aip, tmp_path: Path, difference: str
) -> None:
    place = tmp_path / paper.name
    if difference == "file":
        place.write_bytes(b"mine")
    else:
        write_folder(paper, tmp_path)
        mets = place / "METS.xml"
        if difference == "changed":
            mets.write_bytes(mets.read_bytes() + b" ")
        elif difference == "added":
            (place / "mine.txt").write_bytes(b"mine")
        elif difference == "missing":
            mets.unlink()
        else:
            shutil.move(mets, tmp_path / "METS.xml")
            mets.symlink_to(tmp_path / "METS.xml")
    with pytest.raises(WrongUse) as caught:
        write_folder(paper, tmp_path)
    assert caught.value.code == "export.exists"


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_damaged_record_is_never_exported(
    store: FileStore, root: Path, records: list[ArchivedRecord], tmp_path: Path, form: str
) -> None:
    aip = compose_paper(store, records[0].key, keep_years=0)
    made.flip(root / "record" / records[0].key / "v1/content/signed.pdf")
    out = tmp_path / "out"
    write: Callable[[], Path] = {
        "folder": lambda: write_folder(aip, out),
        "zip": lambda: write_file(aip, out, stream=stream_zip, suffix=".zip"),
    }[form]
    with pytest.raises(IntegrityViolation) as caught:
        write()
    assert caught.value.code == "object.file-changed"
    assert list(out.iterdir()) == []


def test_a_record_needs_at_most_16_keys_and_30_kilobytes(
    store: FileStore, records: list[ArchivedRecord]
) -> None:
    beside = [
        record
        for record in store.records(records[0].key)
        if not record.key.endswith(("signed.pdf", "received.tif"))
    ]
    assert len(beside) <= 16
    assert sum(record.size for record in beside) <= 30_000


def test_a_dossier_without_records_is_refused(store: FileStore) -> None:
    with pytest.raises(WrongUse) as caught:
        compose_dossier(store, [], keep_years=0)
    assert caught.value.code == "dossier.no-records"
