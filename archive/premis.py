"""PREMIS 3 (https://www.loc.gov/standards/premis/v3/): the provenance of a record as XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from lxml import etree

from dossier.reports import Signature, SignatureReport
from dossier.spine import (
    HistoryEvent,
    MediaType,
    Provenance,
    SignedRecord,
    Source,
)
from dossier.text import NOT_ON_PAPER

NAMESPACE = "http://www.loc.gov/premis/v3"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
# PRONOM's keys (https://www.nationalarchives.gov.uk/PRONOM).
_FORMATS = {
    MediaType.PDF: ("PDF", "fmt/276"),
    MediaType.TIFF: ("TIFF", "fmt/353"),
    MediaType.JPEG: ("JPEG", "fmt/43"),
    MediaType.PNG: ("PNG", "fmt/13"),
}
_PDFA = ("PDF/A-2u", "fmt/478")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that PREMIS describes.

    Attributes:
        path: in the package.
        sha256: lower-case hex.
        size: bytes.
        format: name and PRONOM key.
        name: as the sender called it; empty where it has no name of its own.
    """

    path: str
    sha256: str
    size: int
    format: tuple[str, str]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person, an office or a program; ``type`` by PREMIS' vocabulary of agent types."""

    id: str
    name: str
    type: str


_SOHOA = Agent(id="sohoa", name="Sohoa", type="software")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event.

    Attributes:
        type: by PREMIS' vocabulary of event types.
        outcome: ``success``, ``fail`` or ``warning``.
        objects: paths of files.
    """

    type: str
    at: datetime
    agents: tuple[Agent, ...]
    detail: str = ""
    outcome: str = "success"
    outcome_note: str = ""
    objects: tuple[str, ...] = field(default=())


def files_of(signed: SignedRecord, *, signed_path: str, received_path: str) -> tuple[File, File]:
    """The signed PDF/A and the scan as received."""
    scan = signed.record.paper.scan
    return (
        File(path=signed_path, sha256=signed.pdf.digest, size=signed.pdf.size, format=_PDFA),
        File(
            path=received_path,
            sha256=scan.blob.digest,
            size=scan.blob.size,
            format=_FORMATS[scan.media_type],
            name=scan.source,
        ),
    )


def events_of(
    signed: SignedRecord,
    provenance: Provenance,
    files: tuple[File, File],
    *,
    archived_at: datetime,
) -> tuple[Event, ...]:
    """Everything known of how a record came to be, oldest first."""
    pdf, scan = (file.path for file in files)
    made_at = _made_at(provenance.events, signed.record.paper.scan.received_at)
    events = [
        _transferred(signed, provenance, scan),
        *(_signature_checked(report, signed, scan) for report in signed.record.received_signatures),
        *_processed(signed, provenance, files),
        *_absences(signed, provenance.events, scan),
        _normalized(signed, made_at, pdf),
        _validated(signed, made_at, pdf),
        *(_signature_made(signature, pdf) for signature in signed.signatures),
        Event(
            type="information package creation",
            at=archived_at,
            agents=(_SOHOA,),
            detail=f"archived by {provenance.archived_by}" if provenance.archived_by else "",
            objects=(pdf, scan),
        ),
    ]
    return tuple(sorted(events, key=lambda event: event.at))


def _transferred(signed: SignedRecord, provenance: Provenance, path: str) -> Event:
    scan = signed.record.paper.scan
    sender = _actor(provenance.events[0].actor if provenance.events else "unknown")
    return Event(
        type="transfer",
        at=scan.received_at,
        agents=(sender,),
        detail=f"received as {scan.source}, {scan.media_type.value}",
        objects=(path,),
    )


def _processed(
    signed: SignedRecord, provenance: Provenance, files: tuple[File, File]
) -> Iterator[Event]:
    """The events of the paper's history: recognition, confirmation, and moves with a reason."""
    pdf, scan = (file.path for file in files)
    engine = signed.record.engine
    reading = ", ".join(f"{name}={value}" for name, value in provenance.reading)
    for move in provenance.events:
        match move.after:
            case "RECOGNISED":
                yield Event(
                    type="metadata extraction",
                    at=move.at,
                    agents=(
                        Agent(id=f"engine:{engine}", name=engine or "unknown", type="software"),
                    ),
                    detail=f"text recognised by {engine}" + (reading and f"; {reading}"),
                    objects=(scan,),
                )
            case "DESCRIBED" if move.before == "REVIEW":
                yield _confirmed(signed, move, pdf)
            case _ if (move.code or move.reason) and not move.reason.startswith(NOT_ON_PAPER):
                yield _moved(move)


def _absences(signed: SignedRecord, moves: tuple[HistoryEvent, ...], path: str) -> Iterator[Event]:
    """What is stated not to be on the paper, and the person who stated it last."""
    stated: dict[HistoryEvent | None, list[str]] = {}
    for name in signed.record.description.absent:
        stated.setdefault(_stated_by(moves, name), []).append(name)
    for move, fields in stated.items():
        yield Event(
            type="metadata modification",
            at=signed.record.paper.scan.received_at if move is None else move.at,
            agents=(_actor("unknown" if move is None else move.actor),),
            detail=f"{NOT_ON_PAPER}: {', '.join(fields)}",
            outcome="warning" if move is None else "success",
            outcome_note="the history does not name who stated it" if move is None else "",
            objects=(path,),
        )


def _stated_by(moves: tuple[HistoryEvent, ...], name: str) -> HistoryEvent | None:
    for move in reversed(moves):
        statement, _, fields = move.reason.partition(": ")
        if statement == NOT_ON_PAPER and name in fields.split(", "):
            return move
    return None


def _normalized(signed: SignedRecord, at: datetime, path: str) -> Event:
    report = signed.record.pdfa_report
    return Event(
        type="normalization",
        at=at,
        agents=(_SOHOA,),
        detail=f"PDF/A-{report.flavour} made of the scan",
        outcome="success" if not report.findings else "warning",
        outcome_note=", ".join(report.findings),
        objects=(path,),
    )


def _signature_made(signature: Signature, path: str) -> Event:
    return Event(
        type="digital signature generation",
        at=signature.signed_at,
        agents=(
            Agent(
                id=f"certificate:{signature.certificate}",
                name=signature.signer,
                type="organization",
            ),
        ),
        detail=f"PAdES {signature.level.value}, certificate SHA-256 {signature.certificate}, "
        "with a time stamp of RFC 3161",
        objects=(path,),
    )


def _made_at(moves: Iterable[HistoryEvent], default: datetime) -> datetime:
    made = [move.at for move in moves if move.before == "RECOGNISED"]
    return made[-1] if made else default


def _signature_checked(report: SignatureReport, signed: SignedRecord, path: str) -> Event:
    verdict = "valid" if report.valid else report.problem or "not valid"
    return Event(
        type="digital signature validation",
        at=signed.record.paper.scan.received_at,
        agents=(_SOHOA,),
        detail=f"signature of {report.signer} on the scan as received",
        outcome="success" if report.valid else "fail",
        outcome_note=verdict,
        objects=(path,),
    )


def _validated(signed: SignedRecord, at: datetime, path: str) -> Event:
    report = signed.record.pdfa_report
    validator = Agent(id=f"validator:{report.validator}", name=report.validator, type="software")
    return Event(
        type="validation",
        at=at,
        agents=(validator,),
        detail=f"PDF/A-{report.flavour}",
        outcome="success" if not report.findings else "warning",
        outcome_note=", ".join(report.findings),
        objects=(path,),
    )


def _confirmed(signed: SignedRecord, move: HistoryEvent, path: str) -> Event:
    """The values, each with its source, and the person who confirmed them."""
    values = signed.record.description.values
    sources = ", ".join(f"{value.field}: {value.source.value}" for value in values)
    typed = sum(value.source is Source.TYPED for value in values)
    return Event(
        type="metadata modification",
        at=move.at,
        agents=(_actor(move.actor),),
        detail=f"values confirmed, {typed} of {len(values)} typed; sources: {sources}",
        objects=(path,),
    )


def _moved(move: HistoryEvent) -> Event:
    said = ": ".join(part for part in (move.code, move.reason) if part)
    return Event(
        type="modification",
        at=move.at,
        agents=(_actor(move.actor),),
        detail=f"{move.before or 'none'} to {move.after}: {said}",
    )


def _actor(name: str) -> Agent:
    return Agent(id=f"actor:{name}", name=name or "unknown", type="person")


def to_xml(
    identifier: str, files: Sequence[File], events: Sequence[Event], *, entity_only: bool = False
) -> bytes:
    """A PREMIS document.

    Args:
        identifier: of the intellectual entity, the OCFL object's.
        files: described with their fixity.
        events: with their agents; each gets a stable identifier by its place.
        entity_only: leave the files out: the package's own PREMIS, beside its representation's.
    """
    root = etree.Element(_q("premis"), {"version": "3.0"}, nsmap={None: NAMESPACE, "xsi": _XSI})
    _entity(root, identifier)
    if not entity_only:
        for file in files:
            _file(root, file)
    namespace = uuid5(UUID(int=0), identifier)
    agents: dict[str, Agent] = {}
    for number, event in enumerate(events):
        linked = () if entity_only else event.objects
        _event(root, event, uuid5(namespace, str(number)), linked or (identifier,))
        agents |= {agent.id: agent for agent in event.agents}
    for agent in agents.values():
        node = etree.SubElement(root, _q("agent"))
        _identifier(node, "agent", "local", agent.id)
        _text(node, "agentName", agent.name)
        _text(node, "agentType", agent.type)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def _entity(root: etree._Element, identifier: str) -> None:
    node = etree.SubElement(root, _q("object"), {f"{{{_XSI}}}type": "intellectualEntity"})
    _identifier(node, "object", "URN", identifier)


def _file(root: etree._Element, file: File) -> None:
    node = etree.SubElement(root, _q("object"), {f"{{{_XSI}}}type": "file"})
    _identifier(node, "object", "local", file.path)
    known = etree.SubElement(node, _q("objectCharacteristics"))
    fixity = etree.SubElement(known, _q("fixity"))
    _text(fixity, "messageDigestAlgorithm", "SHA-256")
    _text(fixity, "messageDigest", file.sha256)
    _text(known, "size", str(file.size))
    name, key = file.format
    form = etree.SubElement(known, _q("format"))
    _text(etree.SubElement(form, _q("formatDesignation")), "formatName", name)
    registry = etree.SubElement(form, _q("formatRegistry"))
    _text(registry, "formatRegistryName", "PRONOM")
    _text(registry, "formatRegistryKey", key)
    if file.name:
        _text(node, "originalName", file.name)


def _event(root: etree._Element, event: Event, identifier: UUID, objects: Sequence[str]) -> None:
    node = etree.SubElement(root, _q("event"))
    _identifier(node, "event", "UUID", str(identifier))
    _text(node, "eventType", event.type)
    _text(node, "eventDateTime", event.at.isoformat(timespec="milliseconds"))
    if event.detail:
        _text(etree.SubElement(node, _q("eventDetailInformation")), "eventDetail", event.detail)
    outcome = etree.SubElement(node, _q("eventOutcomeInformation"))
    _text(outcome, "eventOutcome", event.outcome)
    if event.outcome_note:
        note = etree.SubElement(outcome, _q("eventOutcomeDetail"))
        _text(note, "eventOutcomeDetailNote", event.outcome_note)
    for agent in event.agents:
        _identifier(node, "linkingAgent", "local", agent.id)
    for path in objects:
        _identifier(node, "linkingObject", "URN" if path.startswith("urn:") else "local", path)


def _identifier(parent: etree._Element, of: str, kind: str, value: str) -> None:
    node = etree.SubElement(parent, _q(f"{of}Identifier"))
    _text(node, f"{of}IdentifierType", kind)
    _text(node, f"{of}IdentifierValue", value)


def _text(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, _q(name)).text = xml_text(text)


def _q(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def xml_text(text: str) -> str:
    """The text without characters that XML 1.0 has no place for (§2.2), such as controls."""
    if text.isprintable():
        return text
    return "".join(
        c
        for c in text
        if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )
