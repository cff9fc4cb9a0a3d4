"""Each level of preservation as veraPDF, EU DSS, pdfsig and our own verifier judge it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from judges import eu_dss, pdfsig, verapdf
from unit.signing import tampering
from unit.signing.made import one, pki, signed, trust, updated
from unit.signing.test_levels import LATER, archived, preserver

from dossier.errors import TransientFault
from dossier.reports import Level
from signing.validation.validate import verify

TWO_YEARS = LATER + timedelta(days=700)
TAIL = (
    b"\n5 0 obj\n<</Type/Page>>\nendobj\nxref\n0 1\n0000000000 65535 f \n"
    b"trailer\n<</Size 1>>\nstartxref\n99\n%%EOF\n"
)


class _Silent:
    def timestamp(self, request: bytes) -> bytes:
        raise TransientFault("tsa.no-answer", f"nobody took the {len(request)} bytes")


def _b_lt() -> bytes:
    return replace(preserver(), time_source=_Silent()).extend(signed(), Level.B_T).content


def _renewed() -> bytes:
    return preserver(TWO_YEARS).renew(archived()).content


def _spoilt() -> bytes:
    content = bytearray(archived())
    content[2000] ^= 1
    return bytes(content)


GOOD: dict[str, Callable[[], bytes]] = {
    "b-lt": _b_lt,
    "b-lta": archived,
    "renewed": _renewed,
}
BAD: dict[str, Callable[[], bytes]] = {
    "spoilt": _spoilt,
    "tail": lambda: archived() + TAIL,
    "painted": lambda: updated(archived(), tampering.paint),
    "stamp replaced": lambda: updated(archived(), tampering.replace_stamp),
    "script": lambda: updated(archived(), tampering.script_in_names),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("levels")
    made = {name: folder / f"{name.replace(' ', '-')}.pdf" for name in (*GOOD, *BAD)}
    for name, make in (GOOD | BAD).items():
        made[name].write_bytes(make())
    return made


def test_each_level_stays_pdf_a_2u(files: dict[str, Path]) -> None:
    verdicts = verapdf.judge([files[name] for name in GOOD])
    assert [verdicts[files[name]].broken for name in GOOD] == [()] * len(GOOD)


def test_eu_dss_passes_each_level_and_nothing_spoilt(
    files: dict[str, Path], tmp_path: Path
) -> None:
    root = pki().root_certificate
    early = [files[name] for name in ("b-lt", "b-lta", *BAD)]
    verdicts = eu_dss.judge(early, root=root, at=LATER + timedelta(minutes=9), folder=tmp_path)
    assert verdicts[files["b-lt"]].levels == ("PAdES-BASELINE-LT",)
    assert verdicts[files["b-lta"]].levels == ("PAdES-BASELINE-LTA",)
    assert [verdicts[files[name]].why for name in ("b-lt", "b-lta")] == [(), ()]
    assert [bool(verdicts[files[name]]) for name in BAD] == [False] * len(BAD)
    later = TWO_YEARS + timedelta(minutes=9)
    renewed = eu_dss.judge([files["renewed"]], root=root, at=later, folder=tmp_path)
    assert renewed[files["renewed"]].why == ()
    assert renewed[files["renewed"]].levels == ("PAdES-BASELINE-LTA",)


def test_pdfsig_and_our_verifier_agree(files: dict[str, Path]) -> None:
    for name in GOOD:
        report = one(files[name].read_bytes(), now=TWO_YEARS)
        assert (report.valid, report.level) == (
            True,
            Level.B_LT if name == "b-lt" else Level.B_LTA,
        ), name
        # It does not verify document timestamps.
        seen = [
            found for found in pdfsig.pdfsig(files[name]) if found.kind == "ETSI.CAdES.detached"
        ]
        assert [verdict.valid for verdict in seen] == [True], name
    for name in BAD:
        reports = verify(files[name], trust=trust(), now=LATER)
        assert not any(report.valid for report in reports), name
    assert not pdfsig.all_signed(files["spoilt"])
