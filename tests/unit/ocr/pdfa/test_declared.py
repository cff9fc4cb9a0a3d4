"""What the file says of itself, and that equal input gives equal bytes."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pytest
from judges.scans import TITLE, page, picture, saved, written

from ocr.pdfa import declared

JPEG = saved(picture(), "JPEG")


def test_xmp_and_info_agree_and_name_no_person(tmp_path: Path) -> None:
    out, report = written(tmp_path, JPEG, "image/jpeg", [page()])
    assert report["findings"] == []
    with pikepdf.open(out) as pdf:
        packet = pdf.Root["/Metadata"].read_bytes()
        info = {str(key): str(value) for key, value in pdf.docinfo.items()}
    stated = {
        re.sub(r".*}", "", element.tag): (element.text or "").strip()
        for element in ET.fromstring(packet).iter()  # noqa: S314 - we wrote it
        if (element.text or "").strip()
    }
    producer = f"Sohoa, pikepdf {pikepdf.__version__}"
    at = "2026-10-08T02:15:00+00:00"
    assert stated == {
        "part": "2",
        "conformance": "U",
        "li": TITLE,
        "CreateDate": at,
        "ModifyDate": at,
        "MetadataDate": at,
        "Producer": producer,
    }
    date = "D:20261008021500+00'00'"
    assert info == {
        "/Title": TITLE,
        "/CreationDate": date,
        "/ModDate": date,
        "/Producer": producer,
    }


def test_it_is_one_revision_of_1_7_that_can_be_signed(tmp_path: Path) -> None:
    out, _ = written(tmp_path, JPEG, "image/jpeg", [page()])
    content = out.read_bytes()
    assert content.startswith(b"%PDF-1.7\n")
    assert content.count(b"startxref") == content.count(b"%%EOF") == 1
    assert content.count(b"\nxref\n") == 1
    assert b"/ObjStm" not in content
    assert b"/XRef" not in content
    assert b"/Encrypt" not in content
    with pikepdf.open(out) as pdf:
        first, second = pdf.trailer["/ID"]
        assert bytes(first) == bytes(second)
        (intent,) = pdf.Root["/OutputIntents"]
        assert intent["/S"] == "/GTS_PDFA1"
        assert intent["/DestOutputProfile"]["/N"] == 3


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    files = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        time.sleep(1.1)  # an /ID made from the time in seconds would differ
        files.append(written(folder, JPEG, "image/jpeg", [page()])[0].read_bytes())
    assert files[0] == files[1]
    later, _ = written(tmp_path, JPEG, "image/jpeg", [page()], created="2026-10-09T09:15:00+07:00")
    assert later.read_bytes() != files[0]


def test_a_title_is_escaped_and_keeps_no_controls(tmp_path: Path) -> None:
    out, report = written(
        tmp_path, JPEG, "image/jpeg", [page()], title="<a> & \x00\x1f'b'\ud7ff Hồ sơ"
    )
    assert report["findings"] == []
    with pikepdf.open(out) as pdf:
        assert str(pdf.docinfo["/Title"]) == "<a> & 'b' Hồ sơ"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"conformance>U<", b"conformance>B<"),
        (b"conformance>U<", b"conformance>X<"),
        (b"pdfa/ns/id/", b"pdfa/ns/iq/"),
        (b"<pdfaid:part>2<", b"<pdfaid:part>3<"),
        (b"adobe:ns:meta/", b"adobe:ns:metA/"),
    ],
)
def test_a_wrong_letter_is_a_finding(tmp_path: Path, right: bytes, wrong: bytes) -> None:
    out, _ = written(tmp_path, JPEG, "image/jpeg", [page()])
    content = out.read_bytes()
    assert content.count(right) >= 1
    out.write_bytes(content.replace(right, wrong))
    assert declared.findings(out) != ()


def test_a_file_that_is_none_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(b"%PDF-1.7 and no more")
    assert declared.findings(path) != ()


def test_times_are_written_in_utc() -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        declared.declare(pdf, title="", created=datetime(2026, 1, 1, 3, 4, 5, 999, tzinfo=UTC))
        assert str(pdf.docinfo["/ModDate"]) == "D:20260101030405+00'00'"
