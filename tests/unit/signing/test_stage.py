"""The stage, the trusted roots, and asking a child."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from unit.signing.made import FIXTURES, NOW, STAMP, UPRIGHT, pki, signed, signer, trust

from dossier.errors import IntegrityViolation, Misconfigured, RejectedInput
from dossier.ports import ObjectStore, Signer, Stamp
from dossier.reports import PdfaReport, Signature
from dossier.spine import Blob, Description, MediaType, Page, Paper, Record, Scan
from pages.children import Children
from signing.sign import sign
from signing.trust import TrustAnchors
from signing.validation.verify import verify_file


class _Store:
    """Takes blobs and keeps their bytes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put_work(self, source: Path) -> Blob:
        content = source.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return Blob(digest, len(content))

    def work_file(self, blob: Blob) -> AbstractContextManager[Path]:
        return nullcontext(Path(blob.digest))


def _record(*, findings: tuple[str, ...] = ()) -> Record:
    content = UPRIGHT.read_bytes()
    blob = Blob(hashlib.sha256(content).hexdigest(), len(content))
    scan = Scan(
        id=UUID(int=1),
        office="H15.50.05.13",
        blob=blob,
        media_type=MediaType.PDF,
        source="scan.pdf",
        received_at=NOW,
    )
    paper = Paper(
        id=UUID(int=2),
        office=scan.office,
        dossier="H15.50.05.13-261008-0975",
        ordinal=1,
        scan=scan,
        pages=(Page(1, 595.0, 842.0),),
    )
    return Record(
        paper=paper,
        pdfa=blob,
        words=blob,
        engine="none",
        pdfa_report=PdfaReport(flavour="2u", validator="none", findings=findings),
        description=Description(kind=""),
    )


def _sign(record: Record, pdfa: Path, out: Path, by: Signer, store: _Store) -> object:
    return sign(record, pdfa, out, signer=by, stamp=STAMP, store=cast("ObjectStore", store))


def test_a_record_becomes_a_signed_record(tmp_path: Path) -> None:
    store, record = _Store(), _record()
    made = sign(
        record,
        UPRIGHT,
        tmp_path / "out.pdf",
        signer=signer(),
        stamp=STAMP,
        store=cast("ObjectStore", store),
    )
    assert made.record is record
    assert store.kept[made.pdf.digest].startswith(UPRIGHT.read_bytes())
    assert [s.signed_at for s in made.signatures] == [NOW]


def test_what_did_not_pass_is_not_signed(tmp_path: Path) -> None:
    store = _Store()
    with pytest.raises(RejectedInput) as caught:
        _sign(_record(findings=("6.2.11.5-1",)), UPRIGHT, tmp_path / "o.pdf", signer(), store)
    assert caught.value.code == "pdfa.not-passed"
    assert not store.kept


def test_a_file_that_is_not_the_record_s_is_not_signed(tmp_path: Path) -> None:
    store, other = _Store(), FIXTURES / "turned-90.pdf"
    with pytest.raises(IntegrityViolation) as caught:
        _sign(_record(), other, tmp_path / "o.pdf", signer(), store)
    assert caught.value.code == "pdfa.changed"
    short = replace(_record(), pdfa=replace(_record().pdfa, size=10**6))
    with pytest.raises(IntegrityViolation):
        _sign(short, UPRIGHT, tmp_path / "o.pdf", signer(), store)
    assert not store.kept


class _Swapping:
    """Signs another file than it was given."""

    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:
        assert unsigned == UPRIGHT
        return signer().sign(FIXTURES / "turned-90.pdf", signed, stamp=stamp)


def test_a_file_swapped_under_the_signer_s_hands_is_an_alarm(tmp_path: Path) -> None:
    store = _Store()
    with pytest.raises(IntegrityViolation) as caught:
        _sign(_record(), UPRIGHT, tmp_path / "o.pdf", _Swapping(), store)
    assert caught.value.code == "pdfa.changed"
    assert not store.kept


def test_roots_come_from_a_folder_and_cross_as_json(tmp_path: Path) -> None:
    anchors = trust()
    assert len(anchors.roots) == 1
    assert TrustAnchors.from_json(anchors.to_json()) == anchors
    assert TrustAnchors.from_folder(tmp_path) == TrustAnchors()
    (tmp_path / "root.der").write_bytes(anchors.roots[0])
    (tmp_path / "both.PEM").write_bytes(pki().root_certificate.read_bytes() * 2)
    (tmp_path / "notes.txt").write_text("not looked at")
    assert TrustAnchors.from_folder(tmp_path).roots == anchors.roots * 3
    (tmp_path / "bad.crt").write_bytes(b"no certificate")
    ways: tuple[Callable[[], TrustAnchors], ...] = (
        lambda: TrustAnchors.from_folder(tmp_path),
        lambda: TrustAnchors.from_folder(tmp_path / "none"),
        lambda: TrustAnchors.from_json(["%%%"]),
    )
    for way in ways:
        with pytest.raises(Misconfigured) as caught:
            way()
        assert caught.value.code == "trust.unreadable"


@pytest.fixture(scope="module")
def children() -> Any:  # noqa: ANN401 - pytest takes the generator apart
    with Children(size=1, memory_bytes=1_000_000_000) as pool:
        yield pool


def test_a_child_judges(children: Children, tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(signed())
    (report,) = verify_file(file, children=children, trust=trust(), now=NOW)
    assert report.valid
    assert report.signed_at == NOW
    (late,) = verify_file(file, children=children, trust=trust(), now=NOW + timedelta(days=9999))
    assert not late.valid
    assert verify_file(UPRIGHT, children=children, trust=trust(), now=NOW) == ()
