"""What a person must settle in a paper, and what settling a card does."""

from __future__ import annotations

import pytest

from api.desk.review import CardType, cards, settled
from dossier.errors import WrongUse
from dossier.spine import Box, Description, Source, Value
from dossier.text import NOT_ON_PAPER
from ocr.fields.forms import load_forms

FORMS = load_forms()
NUMBER = "001184000123"  # a woman born in 1984


def _value(field: str, text: str, doubt: str = "") -> Value:
    box = Box(10, 20, 110, 30)
    return Value(
        field=field, text=text, source=Source.OCR, confidence=0.9, page=1, box=box, doubt=doubt
    )


def _extract(*values: Value, doubts: tuple[str, ...] = ()) -> Description:
    """A marriage extract, which requires the names of wife and husband."""
    return Description(kind="marriage-extract", values=values, doubts=doubts)


def test_only_what_is_doubtful_or_missing_is_a_card() -> None:
    found = _extract(
        _value("wife.name", "Trần Thị Hoà"),
        _value("wife.citizen_id", NUMBER),
        _value("wife.birth", "1986-03-15", "birth.number-differs"),
        doubts=("missing:husband.name", "page.unread:2"),
    )
    made = cards(found, FORMS)
    assert [(card.type, card.name, card.page) for card in made] == [
        (CardType.VALUE, "wife.birth", 1),
        (CardType.VALUE, "husband.name", None),
        (CardType.SEEN, "page.unread:2", 2),
    ]
    assert made[0].choices == ("1984-03-15",)
    assert made[1].choices == ("Trần Thị Hoà",)


def test_a_required_value_is_a_card_even_where_nobody_doubted_it() -> None:
    names = [card.name for card in cards(_extract(), FORMS)]
    assert names == ["wife.name", "husband.name"]


def test_a_paper_of_unknown_kind_is_asked_for_its_kind_first() -> None:
    found = Description(kind="", doubts=("kind.unknown",))
    assert [card.type for card in cards(found, FORMS)] == [CardType.KIND]
    known = settled(found, "kind", "marriage-extract", forms=FORMS)
    assert [card.name for card in cards(known, FORMS)] == ["wife.name", "husband.name"]


def test_what_is_accepted_as_it_is_keeps_its_place_on_the_paper() -> None:
    found = _extract(_value("wife.birth", "1986-03-15", "birth.number-differs"))
    (kept,) = settled(found, "wife.birth", "15/03/1986", forms=FORMS).values
    assert (kept.text, kept.source, kept.doubt) == ("1986-03-15", Source.OCR, "")
    assert kept.box is not None
    (typed,) = settled(found, "wife.birth", "15031984", forms=FORMS).values
    assert (typed.text, typed.source, typed.box) == ("1984-03-15", Source.TYPED, None)


def test_what_is_not_on_the_paper_is_stated_and_can_be_typed_later() -> None:
    found = _extract(_value("wife.name", "Trần Thị Hoà"), doubts=("missing:husband.name",))
    absent = settled(found, "husband.name", NOT_ON_PAPER, forms=FORMS)
    assert (absent.absent, absent.doubts) == (("husband.name",), ())
    assert cards(absent, FORMS) == ()
    later = settled(absent, "husband.name", "Lê Văn Bình", forms=FORMS)
    assert later.absent == ()


def test_a_page_that_was_seen_is_no_longer_doubtful() -> None:
    found = _extract(
        _value("wife.name", "A"), _value("husband.name", "B"), doubts=("page.unread:2",)
    )
    assert cards(settled(found, "page.unread:2", "", forms=FORMS), FORMS) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("husband.name", ""),
        ("husband.name", " \u00a0 "),
        ("husband", "x"),
        ("kind", "no-such-kind"),
        ("page.unread:2", ""),
        ("wife.sex", "khác"),
    ],
)
def test_what_cannot_be_settled_so_is_refused(name: str, text: str) -> None:
    with pytest.raises(WrongUse):
        settled(_extract(doubts=("missing:husband.name",)), name, text, forms=FORMS)
