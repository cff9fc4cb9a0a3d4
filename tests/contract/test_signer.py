"""What every ``Signer`` does, asked of the real one and of some broken on purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from judges.pdfsig import all_signed
from unit.signing.made import FIXTURES, NOW, STAMP, UPRIGHT, key, one, signer, time_source

from dossier.errors import SohoaError, TransientFault
from dossier.ports import Signer, Stamp, TimeSource
from dossier.reports import Level, Signature
from signing.time_source import HttpTimeSource
from signing.trial.tsa import TrialTsa

Make = Callable[[TimeSource | None], Signer]


class _Unanswering:
    def timestamp(self, request: bytes) -> bytes:
        raise TransientFault("tsa.no-answer", f"nobody took the {len(request)} bytes")


def the_unsigned_bytes_come_first_and_stay_as_they_are(make: Make, folder: Path) -> None:
    unsigned, out = folder / "unsigned.pdf", folder / "signed.pdf"
    unsigned.write_bytes(UPRIGHT.read_bytes())
    make(None).sign(unsigned, out, stamp=STAMP)
    assert unsigned.read_bytes() == UPRIGHT.read_bytes()
    assert out.read_bytes().startswith(UPRIGHT.read_bytes())
    assert {p.name for p in folder.iterdir()} == {"unsigned.pdf", "signed.pdf"}


def the_signature_is_valid_and_tells_what_it_is(make: Make, folder: Path) -> None:
    for stamp in (STAMP, None):
        out = folder / "signed.pdf"
        made = make(None).sign(UPRIGHT, out, stamp=stamp)
        assert made == Signature(
            signer=key().name,
            certificate=hashlib.sha256(key().certificate).hexdigest(),
            signed_at=NOW,
            level=Level.B_T,
            remarks=("revocation.not-checked",),
        )
        report = one(out.read_bytes())
        assert report.valid
        assert report.covers_whole_file
        assert (report.signer, report.signed_at, report.level) == (
            made.signer,
            made.signed_at,
            made.level,
        )
        assert all_signed(out)


def the_stamp_is_shown_on_page_one_or_not_at_all(make: Make, folder: Path) -> None:
    out = folder / "signed.pdf"
    for stamp, shown in ((STAMP, 1), (None, 0)):
        make(None).sign(UPRIGHT, out, stamp=stamp)
        with pikepdf.open(out) as pdf:
            (widget,) = pdf.pages[0].Annots
            assert ("/AP" in widget) == bool(shown)


def without_a_timestamp_there_is_no_file(make: Make, folder: Path) -> None:
    with pytest.raises(TransientFault) as caught:
        make(_Unanswering()).sign(UPRIGHT, folder / "signed.pdf", stamp=STAMP)
    assert caught.value.code == "tsa.no-answer"
    assert list(folder.iterdir()) == []


def a_refused_file_leaves_what_was_there(make: Make, folder: Path) -> None:
    out = folder / "signed.pdf"
    out.write_bytes(b"what was there")
    with pytest.raises(SohoaError):
        make(None).sign(FIXTURES / "pyhanko" / "minimal-aes256.pdf", out, stamp=None)
    assert out.read_bytes() == b"what was there"


CONTRACT: tuple[Callable[[Make, Path], None], ...] = (
    the_unsigned_bytes_come_first_and_stay_as_they_are,
    the_signature_is_valid_and_tells_what_it_is,
    the_stamp_is_shown_on_page_one_or_not_at_all,
    without_a_timestamp_there_is_no_file,
    a_refused_file_leaves_what_was_there,
)


@contextmanager
def _in_process() -> Iterator[Make]:
    yield lambda source: signer(source or time_source())


@contextmanager
def _over_http() -> Iterator[Make]:
    with TrialTsa(time_source()) as tsa:
        http = HttpTimeSource(tsa.url, timeout=30)
        yield lambda source: signer(source or http)


ADAPTERS: dict[str, Callable[[], AbstractContextManager[Make]]] = {
    "pkcs12, time in process": _in_process,
    "pkcs12, time over HTTP": _over_http,
}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
def test_contract(adapter: str, clause: Callable[[Make, Path], None], tmp_path: Path) -> None:
    with ADAPTERS[adapter]() as make:
        clause(make, tmp_path)


class _Broken:
    """The true signer, to be broken by one override."""

    def __init__(self, source: TimeSource | None) -> None:
        self.source = source
        self.true = signer(source or time_source())

    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:
        return self.true.sign(unsigned, signed, stamp=stamp)


class _Rewriting(_Broken):
    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:
        made = super().sign(unsigned, signed, stamp=stamp)
        with pikepdf.open(signed, allow_overwriting_input=True) as pdf:
            pdf.save(signed)
        return made


class _FlippingAByte(_Broken):
    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:
        made = super().sign(unsigned, signed, stamp=stamp)
        content = bytearray(signed.read_bytes())
        content[-20] ^= 1
        signed.write_bytes(content)
        return made


class _Boasting(_Broken):
    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:
        return replace(super().sign(unsigned, signed, stamp=stamp), level=Level.B_LTA)


class _WithoutStamp(_Broken):
    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:  # noqa: ARG002 - it forgets it
        return super().sign(unsigned, signed, stamp=None)


class _LeavingRubbish(_Broken):
    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:
        signed.write_bytes(unsigned.read_bytes())
        return super().sign(unsigned, signed, stamp=stamp)


class _NeverAskingForTheTime(_Broken):
    def __init__(self, source: TimeSource | None) -> None:  # noqa: ARG002 - it ignores it
        super().__init__(None)


@pytest.mark.parametrize(
    "broken",
    [
        _Rewriting,
        _FlippingAByte,
        _Boasting,
        _WithoutStamp,
        _LeavingRubbish,
        _NeverAskingForTheTime,
    ],
)
def test_the_contract_catches_one_that_is_broken(broken: type[_Broken], tmp_path: Path) -> None:
    def passes(clause: Callable[[Make, Path], None]) -> bool:
        folder = tmp_path / clause.__name__
        folder.mkdir()
        try:
            clause(broken, folder)
        except (AssertionError, ValueError, pytest.fail.Exception):
            return False
        return True

    assert not all(passes(clause) for clause in CONTRACT)
