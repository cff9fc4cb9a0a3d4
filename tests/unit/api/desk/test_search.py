"""Look-ups: what was typed, and the brake on guessing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from unit.api.office import Office, archive, new_office
from unit.archive import made

from api.desk.search import MOST_MISSES, LookupBy, TooManyMisses, find, recognise
from api.desk.tokens import operator
from dossier.finding import Filters


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
        ("05/03/1984", LookupBy.TEXT),
        ("15/2024", LookupBy.TEXT),
        ("12.500.000", LookupBy.TEXT),
        ("261008-0975", LookupBy.TEXT),
        ("1984", LookupBy.TEXT),
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


def test_what_narrows_a_look_up_is_logged_with_it(office: Office) -> None:
    with office.application() as application:
        archive(application, 1)
        caller = operator(application, "an")
        purpose = "đối chiếu sổ hộ tịch"
        everything = find(
            application, caller, LookupBy.TEXT, "", purpose=purpose, limit=5,
            filters=Filters(archived_from=date(2000, 1, 1)),
        )  # fmt: skip
        assert everything.total == 1
        nothing = find(
            application, caller, LookupBy.TEXT, "khai", purpose=purpose, limit=5,
            filters=Filters(kinds=("none",), years=(1999,)),
        )  # fmt: skip
        assert (nothing.rows, nothing.total) == ((), 0)
        newest, *_ = application.access_log.list_records(offices=caller.offices)
        assert newest.subject == "khai [kind: none] [year: 1999]"
        assert newest.purpose == purpose


def test_a_person_is_paged_and_counted(office: Office) -> None:
    with office.application() as application:
        application.catalogue.add_all(
            made.entry(n, office=application.settings.office) for n in range(1, 8)
        )
        caller = operator(application, "an")
        purpose = "đối chiếu sổ hộ tịch"
        papers = []
        for skip in range(0, 9, 3):
            page = find(
                application, caller, LookupBy.CITIZEN_ID, made.MOTHER, purpose=purpose, limit=3,
                skip=skip,
            )  # fmt: skip
            assert page.total == 7
            papers += [row.paper for row in page.rows]
        assert papers == [made.paper_id(n) for n in range(7, 0, -1)]
        narrowed = find(
            application, caller, LookupBy.CITIZEN_ID, made.MOTHER, purpose=purpose, limit=3,
            filters=Filters(kinds=("birth-declaration",)),
        )  # fmt: skip
        assert narrowed.total == 7


def test_a_fragment_of_a_code_is_searched_where_a_purpose_is_stated(office: Office) -> None:
    with office.application() as application:
        application.catalogue.add(made.entry(1, office=application.settings.office))
        caller = operator(application, "an")
        fragment = "H15.50.05.13-261008"
        for purpose, hits in (("", 0), ("đối chiếu sổ hộ tịch", 1)):
            page = find(application, caller, LookupBy.DOSSIER, fragment, purpose=purpose, limit=3)
            assert page.total == hits
