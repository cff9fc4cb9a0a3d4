"""Look-ups: what was typed, and the brake on guessing."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.api.office import Office, archive, new_office

from api.desk.search import MOST_MISSES, LookupBy, TooManyMisses, find, recognise
from api.desk.tokens import operator


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return new_office(tmp_path / "var", monkeypatch)


@pytest.mark.parametrize(
    ("term", "by"),
    [
        ("001184000123", LookupBy.CITIZEN_ID),
        (" 001 184.000-123 ", LookupBy.CITIZEN_ID),
        ("00118400012", LookupBy.CITIZEN_ID),  # mistyped: still no text to search for
        ("H15.50.05.13-261008-0975", LookupBy.DOSSIER),
        ("h15.50.05.13-261008-0975", LookupBy.DOSSIER),
        ("000.00.01.H26-260930-0012", LookupBy.DOSSIER),
        ("94/UBND-XNTTHN", LookupBy.TEXT),
        ("Nguyễn Thị Hoa 1984", LookupBy.TEXT),
        ("Hoa", LookupBy.TEXT),
    ],
)
def test_the_way_to_look_up_follows_from_what_was_typed(term: str, by: LookupBy) -> None:
    assert recognise(term) is by


def test_a_masked_number_cannot_be_guessed_quickly(office: Office) -> None:
    """316 of the numbers that end in the three digits shown were tried in three seconds."""
    with office.application() as application:
        archive(application, 1)
        caller = operator(application, "an")
        refused = 0
        for guess in range(316):
            try:
                find(
                    application, caller, LookupBy.CITIZEN_ID, f"001184{guess:03d}999",
                    purpose="đối chiếu sổ hộ tịch", limit=5,
                )  # fmt: skip
            except TooManyMisses:
                refused += 1
        assert refused == 316 - MOST_MISSES
        # Other ways to look up, and other people, are not refused.
        purpose = "đối chiếu sổ hộ tịch"
        find(application, caller, LookupBy.TEXT, "khai sinh", purpose=purpose, limit=5)
        other = operator(application, "binh")
        find(application, other, LookupBy.CITIZEN_ID, "001184000999", purpose=purpose, limit=5)
