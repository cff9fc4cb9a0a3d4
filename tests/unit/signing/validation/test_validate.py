"""Reports on signed files, honest and tampered with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from judges.pdfsig import all_signed, pdfsig
from unit.signing.made import (
    NOW,
    UPRIGHT,
    one,
    pki,
    signed,
    signer,
    trust,
)

from dossier.reports import Level, SignatureReport, Verdict
from signing.encoded import as_it_came
from signing.trial.pki import ROOT_NAME, SIGNER_NAME, TSA_NAME
from signing.trust import TrustAnchors
from signing.validation.validate import verify


def test_an_honest_signature_is_valid() -> None:
    report = one(signed())
    assert report == SignatureReport(
        signer=SIGNER_NAME,
        issuer=ROOT_NAME,
        valid_from=NOW - timedelta(hours=1),
        valid_until=NOW - timedelta(hours=1) + timedelta(days=1095),
        signed_at=NOW,
        time_authority=TSA_NAME,
        level=Level.B_T,
        intact=True,
        trusted=True,
        covers_whole_file=True,
        remarks=("revocation.not-checked",),
    )
    assert report.valid
    assert (report.verdict, report.indication) == (Verdict.UNCHANGED, "TOTAL-PASSED")


def test_without_our_root_it_is_intact_and_not_trusted() -> None:
    report = one(signed(), anchors=TrustAnchors())
    assert (report.intact, report.trusted, report.problem) == (True, False, "chain.unknown-root")
    assert not report.valid


def test_when_the_tsa_s_certificate_has_ended_a_timestamp_proves_nothing_more() -> None:
    report = one(signed(), now=NOW + timedelta(days=1200))
    assert (report.intact, report.trusted, report.problem) == (
        True,
        False,
        "timestamp.chain.expired",
    )


def test_a_timestamp_from_the_future_is_reported() -> None:
    report = one(signed(), now=NOW - timedelta(minutes=5))
    assert report.problem == "timestamp.in-the-future"


def test_a_file_without_signature_has_no_report() -> None:
    assert verify(UPRIGHT, trust=trust(), now=NOW) == ()


# Tampering with the bytes themselves.


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize("place", ["page", "xmp", "stamp", "after"])
def test_a_flipped_byte_is_seen_by_us_and_by_pdfsig(place: str, tmp_path: Path) -> None:
    content = signed()
    at = {
        "page": content.index(b"stream\n") + 30,
        "xmp": content.index(b"pdfaid:part") + 2,
        "stamp": content.index(b"/Rect") + 7,
        "after": content.rindex(b"/Size") + 1,
    }[place]
    file = tmp_path / "flipped.pdf"
    file.write_bytes(_flipped(content, at))
    assert all(not report.intact for report in verify(file, trust=trust(), now=NOW))
    assert not all_signed(file)


def test_pdfsig_and_we_agree_on_an_honest_file(tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(signed())
    assert all_signed(file)
    assert [v.kind for v in pdfsig(file)] == ["ETSI.CAdES.detached"]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99, 0.999])
def test_a_truncated_file_is_not_valid(kept: float) -> None:
    content = signed()
    reports = verify(content[: int(len(content) * kept)], trust=trust(), now=NOW)
    assert not any(report.valid for report in reports)


def _with_byte_range(content: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    found = re.search(rb"/ByteRange\s*\[([^\]]*)\]", content)
    assert found
    numbers = b" ".join(b"%d" % n for n in change([int(n) for n in found.group(1).split()]))
    assert len(numbers) <= len(found.group(1))
    return content[: found.start(1)] + numbers.ljust(len(found.group(1))) + content[found.end(1) :]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda r: [0, r[1], r[1], r[3]], "byte-range.malformed"),
        (lambda r: [0, r[1], r[1] - 9, r[3]], "byte-range.malformed"),
        (lambda r: [1, r[1], r[2], r[3]], "byte-range.malformed"),
        (lambda _: [0, 0, 0, 0], "byte-range.malformed"),
        (lambda _: [], "byte-range.malformed"),
        (lambda r: [0, r[1]], "byte-range.malformed"),
        (lambda r: [0, r[1], r[2], r[3] + 1], "byte-range.out-of-file"),
        (lambda r: [0, r[1] - 5, r[2], r[3]], "byte-range.gap"),
        (lambda r: [0, r[1], r[2] + 1, r[3] - 1], "byte-range.gap"),
        (lambda r: [0, r[1], r[2], r[3] - 7], "byte-range.coverage"),
        (lambda r: [0, r[1], r[2], -(r[3] // 10)], "byte-range.malformed"),
    ],
)
def test_a_twisted_byte_range_is_refused(
    change: Callable[[list[int]], list[int]], problem: str
) -> None:
    report = one(_with_byte_range(signed(), change))
    assert (report.intact, report.valid) == (False, False)
    assert report.problem == problem


def _with_cms(content: bytes, cms_bytes: bytes) -> bytes:
    found = re.search(rb"/Contents\s*<([0-9a-fA-F]*)>", content)
    assert found
    digits = cms_bytes.hex().encode().ljust(len(found.group(1)), b"0")
    return content[: found.start(1)] + digits + content[found.end(1) :]


def _cms(content: bytes) -> cms.ContentInfo:
    found = re.search(rb"/Contents\s*<([0-9a-fA-F]*)>", content)
    assert found
    return cms.ContentInfo.load(bytes.fromhex(found.group(1).decode()))


@pytest.mark.parametrize(
    ("planted", "problem"),
    [
        (b"", "signature.empty"),
        (b"\x30\x03\x02\x01\x01", "signature.unreadable"),
        (b"\x00\x01garbage", "signature.unreadable"),
        (b"\x30\x84\xff\xff\xff\xff", "signature.unreadable"),
    ],
)
def test_what_is_no_cms_is_refused(planted: bytes, problem: str) -> None:
    assert one(_with_cms(signed(), planted)).problem == problem


def test_a_cms_that_was_cut_short_is_refused() -> None:
    whole = as_it_came(_cms(signed()))
    assert not one(_with_cms(signed(), whole[: len(whole) // 2])).intact


@pytest.mark.parametrize("planted", [b"null", b"()", b"<>", b"<00>", b"12", b"/Name"])
def test_contents_that_hold_nothing_are_refused(planted: bytes) -> None:
    found = re.search(rb"<[0-9a-fA-F]{1000,}>", signed())
    assert found
    content = signed()
    forged = (
        content[: found.start()]
        + planted.ljust(found.end() - found.start())
        + content[found.end() :]
    )
    report = one(forged)
    assert not report.intact
    assert report.problem in {"signature.empty", "signature.unreadable"}


def _token(content: bytes) -> bytes:
    signer_info = _cms(content)["content"]["signer_infos"][0]
    return as_it_came(signer_info["unsigned_attrs"][0]["values"][0])


def test_another_timestamp_in_place_of_the_true_one_is_seen() -> None:
    """The unsigned attributes are not covered, so anybody can swap them."""
    true, other = _token(signed()), _token(_signed_anew())
    while len(other) != len(true):  # an ECDSA signature has 70 to 72 bytes
        other = _token(_signed_anew())
    whole = as_it_came(_cms(signed()))
    assert whole.count(true) == 1
    report = one(_with_cms(signed(), whole.replace(true, other)))
    assert report.problem == "timestamp.broken"
    assert not report.valid


def _signed_anew() -> bytes:
    out = pki().folder.parent / "another.pdf"
    signer().sign(UPRIGHT, out, stamp=None)
    return out.read_bytes()


def test_a_signature_from_another_file_is_seen() -> None:
    forged = _with_cms(signed(), as_it_came(_cms(_signed_anew())))
    assert one(forged).problem == "signature.digest-mismatch"
