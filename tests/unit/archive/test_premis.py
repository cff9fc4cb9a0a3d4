"""Provenance as PREMIS 3: valid, complete, and who stated what is not on the paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from unit.archive import made

from archive import premis
from archive.file_store import FileStore
from dossier.spine import HistoryEvent, Provenance, SignedRecord
from dossier.text import NOT_ON_PAPER

SCHEMA = etree.XMLSchema(
    etree.parse(Path(__file__).parents[2] / "fixtures" / "premis" / "premis-3-used.xsd")
)
SPACES = {"p": premis.NAMESPACE}
ABSENT = ("mother.citizen_id", "father.birth")


def _stated(
    fields: str, *, actor: str, code: str = "value-absent", minute: int = 0
) -> HistoryEvent:
    return HistoryEvent(
        at=made.NOON - timedelta(seconds=50 - minute),
        before="REVIEW",
        after="REVIEW",
        code=code,
        reason=f"{NOT_ON_PAPER}: {fields}",
        actor=actor,
    )


@pytest.fixture
def signed(store: FileStore) -> SignedRecord:
    return made.signed_record(store, described=replace(made.description(), absent=ABSENT))


def _document(signed: SignedRecord, *events: HistoryEvent) -> etree._Element:
    files = premis.files_of(signed, signed_path="a.pdf", received_path="a.tif")
    provenance: Provenance = replace(
        made.PROVENANCE, events=(*made.PROVENANCE.events[:3], *events, made.PROVENANCE.events[3])
    )
    written = premis.events_of(signed, provenance, files, archived_at=made.NOON)
    return etree.fromstring(premis.to_xml("urn:uuid:x", files, written))


def _absences(document: etree._Element) -> list[tuple[str, str, str]]:
    """Detail, agent and outcome of each."""
    return [
        (
            event.findtext(".//p:eventDetail", namespaces=SPACES) or "",
            event.findtext(".//p:linkingAgentIdentifierValue", namespaces=SPACES) or "",
            event.findtext(".//p:eventOutcome", namespaces=SPACES) or "",
        )
        for event in document.findall("p:event", SPACES)
        if (event.findtext(".//p:eventDetail", namespaces=SPACES) or "").startswith(NOT_ON_PAPER)
    ]


def test_who_stated_an_absence_is_named(signed: SignedRecord) -> None:
    document = _document(
        signed,
        _stated("mother.citizen_id", actor="person:lan"),
        _stated("father.birth, child.birth", actor="person:mai", code="", minute=5),
    )
    assert _absences(document) == [
        (f"{NOT_ON_PAPER}: mother.citizen_id", "actor:person:lan", "success"),
        (f"{NOT_ON_PAPER}: father.birth", "actor:person:mai", "success"),
    ]


def test_the_last_statement_of_a_field_counts(signed: SignedRecord) -> None:
    both = ", ".join(ABSENT)
    document = _document(
        signed, _stated(both, actor="person:lan"), _stated(both, actor="person:mai", minute=1)
    )
    assert _absences(document) == [(f"{NOT_ON_PAPER}: {both}", "actor:person:mai", "success")]


def test_an_absence_that_nobody_stated_is_a_warning(signed: SignedRecord) -> None:
    ((_, agent, outcome),) = _absences(_document(signed))
    assert (agent, outcome) == ("actor:unknown", "warning")


def test_a_value_that_was_given_later_is_no_absence(store: FileStore) -> None:
    document = _document(
        made.signed_record(store), _stated("mother.citizen_id", actor="person:lan")
    )
    assert _absences(document) == []


def test_it_is_valid(signed: SignedRecord) -> None:
    document = _document(signed, _stated(", ".join(ABSENT), actor="person:lan"))
    assert SCHEMA.validate(document), SCHEMA.error_log
    entity = premis.to_xml("urn:uuid:x", (), (), entity_only=True)
    assert SCHEMA.validate(etree.fromstring(entity)), SCHEMA.error_log


def _first(name: str) -> Callable[[etree._Element], etree._Element]:
    return lambda document: next(document.iter(f"{{{premis.NAMESPACE}}}{name}"))


def _renamed(name: str, to: str) -> Callable[[etree._Element], None]:
    def spoil(document: etree._Element) -> None:
        _first(name)(document).tag = f"{{{premis.NAMESPACE}}}{to}"

    return spoil


def _removed(name: str) -> Callable[[etree._Element], None]:
    def spoil(document: etree._Element) -> None:
        element = _first(name)(document)
        element.getparent().remove(element)

    return spoil


def _with_text(name: str, text: str) -> Callable[[etree._Element], None]:
    def spoil(document: etree._Element) -> None:
        _first(name)(document).text = text

    return spoil


def _moved_to_end(document: etree._Element) -> None:
    document.append(_first("object")(document))


def _category(document: etree._Element) -> None:
    """What copies of TT 05/2025 show; PREMIS 3 has ``xsi:type`` instead."""
    element = etree.SubElement(_first("object")(document), f"{{{premis.NAMESPACE}}}objectCategory")
    element.text = "file"


SPOILT = {
    "a wrong element": _renamed("eventType", "eventKind"),
    "an element of PREMIS 2": _renamed("eventDetailInformation", "eventDetail"),
    "no time": _removed("eventDateTime"),
    "a bad size": _with_text("size", "many"),
    "no identifier": _removed("agentIdentifier"),
    "an object after the events": _moved_to_end,
    "an object category": _category,
    "an unknown type": lambda d: _first("object")(d).set(
        "{http://www.w3.org/2001/XMLSchema-instance}type", "dossier"
    ),
    "another version": lambda d: d.set("version", "2.2"),
    # Narrower than the schema of the Library of Congress.
    "a bad time": _with_text("eventDateTime", "yesterday"),
    "an empty name": _with_text("agentName", ""),
    "a short digest": _with_text("messageDigest", "ab"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_spoilt_one_is_refused(signed: SignedRecord, what: str) -> None:
    document = _document(signed)
    assert SCHEMA.validate(document)
    SPOILT[what](document)
    assert not SCHEMA.validate(document)
