"""Offices as a tree, on every database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, SEALING

from workflow.ledger.offices import Office, Offices
from workflow.ledger.sql_ledger import SqlLedger


@pytest.fixture
def offices(engine: sa.Engine) -> Offices:
    return SqlLedger(engine, cipher=SEALING).offices


def test_the_first_office_is_the_default_one(offices: Offices) -> None:
    assert offices.get_default() is None
    assert offices.add(OFFICE, "UBND tỉnh", time_zone="+08:00", first_notes={"trial": "yes"})
    assert not offices.add("H16", "UBND", first_notes={"trial": "yes"})
    assert offices.get_default() == offices.get(OFFICE)
    assert offices.get(OFFICE) == Office(OFFICE, "UBND tỉnh", "+08:00", None)
    assert offices.get("H99") is None
    assert (offices.get_note(OFFICE, "trial"), offices.get_note("H16", "trial")) == ("yes", "")


def test_an_office_that_is_added_again_is_left_as_it_is(offices: Offices) -> None:
    offices.add(OFFICE, "UBND tỉnh")
    assert not offices.add(OFFICE, "Khác", time_zone="+01:00")
    assert offices.get(OFFICE) == Office(OFFICE, "UBND tỉnh", "+07:00", None)
    offices.update(OFFICE, name="Mới", time_zone="+08:00")
    assert offices.get(OFFICE) == Office(OFFICE, "Mới", "+08:00", None)


@pytest.mark.parametrize(
    "order",
    [("H15", "H15.01", "H15.01.02", "H150", "H16"), ("H15.01.02", "H16", "H15", "H150", "H15.01")],
)
def test_offices_form_a_tree_in_whatever_order_they_are_added(
    offices: Offices, order: tuple[str, ...]
) -> None:
    for code in order:
        offices.add(code, code)
    parents = {code: office.parent for code in order if (office := offices.get(code))}
    assert parents == {
        "H15": None, "H15.01": "H15", "H15.01.02": "H15.01", "H150": None, "H16": None,
    }  # fmt: skip
    assert offices.list_below("H15") == ("H15", "H15.01", "H15.01.02")
    assert offices.list_below("H15.01") == ("H15.01", "H15.01.02")
    assert offices.list_below("H16") == ("H16",)
    assert offices.list_below("H1") == ()
