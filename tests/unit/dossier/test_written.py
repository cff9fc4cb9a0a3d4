"""The written form reads back as what was written."""

from __future__ import annotations

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier import written
from dossier.reports import Level, PdfaReport, Signature, SignatureReport
from dossier.spine import Box, Description, RecognisedPage, Source, Value, Word

_POINTS = st.integers(0, 20_000).map(lambda n: n / 10)
_BOXES = st.builds(Box, _POINTS, _POINTS, _POINTS, _POINTS)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_SHARE = st.integers(0, 100).map(lambda n: n / 100)
_WORDS = st.builds(Word, _TEXT, _BOXES, _SHARE, st.integers(0, 300))
_PAGES = st.builds(
    RecognisedPage,
    st.integers(1, 999),
    _POINTS,
    _POINTS,
    st.lists(_WORDS, max_size=5).map(tuple),
    st.sampled_from([0, 90, 180, 270]),
    st.sampled_from(["", "page.crashed"]),
)
_VALUES = st.builds(
    Value,
    field=_TEXT,
    text=_TEXT,
    source=st.sampled_from(Source),
    confidence=_SHARE,
    page=st.none() | st.integers(1, 9),
    box=st.none() | _BOXES,
    doubt=_TEXT,
)
_TIMES = st.datetimes(timezones=st.just(UTC))


@given(st.lists(_PAGES, max_size=3).map(tuple), _TEXT)
def test_words(pages: tuple[RecognisedPage, ...], engine: str) -> None:
    assert written.words_from_json(written.words_to_json(pages, engine=engine)) == (pages, engine)


@given(
    st.builds(
        Description,
        kind=_TEXT,
        values=st.lists(_VALUES, max_size=4).map(tuple),
        doubts=st.lists(_TEXT, max_size=3).map(tuple),
    )
)
def test_description(description: Description) -> None:
    form = json.loads(written.dumps(written.description_to_json(description)))
    assert written.description_from_json(form) == description


@given(
    st.builds(
        SignatureReport,
        signer=_TEXT,
        signed_at=st.none() | _TIMES,
        level=st.none() | st.sampled_from(Level),
        intact=st.booleans(),
        trusted=st.booleans(),
        covers_whole_file=st.booleans(),
        issuer=_TEXT,
        valid_from=st.none() | _TIMES,
        valid_until=st.none() | _TIMES,
        time_authority=_TEXT,
        revocation_checked=st.booleans(),
        changed_later=st.lists(_TEXT, max_size=2).map(tuple),
        allowed_changes=st.lists(_TEXT, max_size=2).map(tuple),
        undecided=st.lists(_TEXT, max_size=2).map(tuple),
        problem=_TEXT,
        remarks=st.lists(_TEXT, max_size=2).map(tuple),
        sub_indication=_TEXT,
        is_timestamp=st.booleans(),
    )
)
def test_signature_report(report: SignatureReport) -> None:
    form = json.loads(written.dumps(written.report_to_json(report)))
    assert written.report_from_json(form) == report


@given(
    st.builds(
        Signature, signer=_TEXT, certificate=_TEXT, signed_at=_TIMES, level=st.sampled_from(Level)
    )
)
def test_signature(signature: Signature) -> None:
    form = json.loads(written.dumps(written.signature_to_json(signature)))
    assert written.signature_from_json(form) == signature


def test_pdfa_report() -> None:
    report = PdfaReport(flavour="2u", validator="v", findings=("x",), drawn_anew=(1, 3))
    assert written.pdfa_report_from_json(written.pdfa_report_to_json(report)) == report
    assert not report.passed


@pytest.mark.parametrize("spoilt", [b"{}", b"[]", b'{"format":2}', b'{"format":1,"pages":[{}]}'])
def test_what_is_not_known_is_refused(spoilt: bytes) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        written.words_from_json(spoilt)


def test_a_box_has_four_sides() -> None:
    with pytest.raises(ValueError, match="four"):
        written.box_from_json([1, 2, 3])


def test_people_come_by_role_in_the_order_of_the_form() -> None:
    def value(field: str, text: str) -> Value:
        return Value(field=field, text=text, source=Source.OCR, confidence=1.0)

    description = Description(
        kind="k",
        values=(
            value("owner.name", "A"),
            value("paper.number", "1"),
            value("owner-2.name", "B"),
            value("owner.citizen_id", "001099012345"),
        ),
    )
    assert [(p.role, p.name, p.citizen_id) for p in description.people()] == [
        ("owner", "A", "001099012345"),
        ("owner", "B", None),
    ]
    assert description.certain
