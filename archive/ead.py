"""The descriptions of TT 05/2025/TT-BNV: ``EAD_doc`` of a paper, ``EAD`` of a dossier.

Field names, their order and lengths are those of third parties' copies of the circular; a value
that is not known is an empty element, and one that is too long is cut to its length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from lxml import etree

from archive.premis import xml_text
from dossier.spine import SignedRecord

DOC_FIELDS: Final[Mapping[str, int]] = {
    "arcFileCode": 100,
    "mode": 20,
    "language": 100,
    "keyword": 100,
    "numberOfPage": 4,
    "format": 50,
    "inforSign": 30,
    "confidenceLevel": 30,
    "description": 500,
    "docCode": 100,
    "docOrdinal": 7,
    "typeName": 10,
    "codeNumber": 11,
    "codeNotation": 30,
    "issuedDate": 10,
    "organName": 200,
    "subject": 500,
    "autograph": 2000,
    "process": 1,
}
"""Field and most characters, in the order of the form."""

FILE_FIELDS: Final[Mapping[str, int]] = {
    "arcFileCode": 100,
    "title": 1000,
    "maintenance": 100,
    "mode": 30,
    "language": 100,
    "startDate": 10,
    "endDate": 10,
    "keyword": 100,
    "totalDoc": 10,
    "numberOfPaper": 10,
    "numberOfPage": 10,
    "format": 50,
    "inforSign": 30,
    "confidenceLevel": 40,
    "paperFileCode": 100,
    "riskRecovery": 1,
    "riskRecoveryStatus": 2,
    "description": 2000,
}

_VIETNAMESE = "01"
_CONDITIONAL = "02"  # mode: 01 public, 02 conditional, 03 secret
_NORMAL = "02"  # format: 01 good, 02 normal, 03 damaged
_BORN_DIGITAL, _DIGITISED = "01", "02"
_MAINTENANCE = {70: "02", 50: "03", 30: "04", 20: "05", 10: "06"}


def doc_fields(signed: SignedRecord) -> dict[str, str]:
    """The 19 fields of a paper."""
    paper, description = signed.record.paper, signed.record.description
    own = {v.attribute: v.text for v in description.values if v.role == "paper"}
    number, _, notation = own.get("number", "").partition("/")
    return {
        "arcFileCode": paper.dossier,
        "mode": _CONDITIONAL,
        "language": _VIETNAMESE,
        "keyword": description.kind,
        "numberOfPage": str(len(paper.pages)),
        "format": _NORMAL,
        "inforSign": "KS",
        "confidenceLevel": _BORN_DIGITAL if paper.arrived_signed else _DIGITISED,
        "description": "",
        "docCode": f"{paper.dossier}.{paper.ordinal:07d}",
        "docOrdinal": str(paper.ordinal),
        "typeName": "",
        "codeNumber": number,
        "codeNotation": notation,
        "issuedDate": vietnamese_date(own.get("date", "")),
        "organName": own.get("issuer", ""),
        "subject": own.get("subject", "") or description.kind,
        "autograph": "",
        "process": "0",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFacts:
    """What the EAD of a dossier is made of.

    Attributes:
        keep_years: the term; 0 for ever.
        pages: of all papers.
    """

    code: str
    title: str
    procedure: str
    owner: str
    keep_years: int
    first: datetime
    last: datetime
    papers: int
    pages: int
    all_born_digital: bool = False


def file_fields(facts: DossierFacts) -> dict[str, str]:
    """The 18 fields of a dossier."""
    maintenance = "01" if not facts.keep_years else _MAINTENANCE.get(facts.keep_years, "07")
    about = (facts.procedure and f"Thủ tục {facts.procedure}", facts.owner)
    return {
        "arcFileCode": facts.code,
        "title": facts.title or f"Hồ sơ {facts.code}",
        "maintenance": maintenance,
        "mode": _CONDITIONAL,
        "language": _VIETNAMESE,
        "startDate": facts.first.strftime("%d/%m/%Y"),
        "endDate": facts.last.strftime("%d/%m/%Y"),
        "keyword": facts.procedure,
        "totalDoc": str(facts.papers),
        "numberOfPaper": str(facts.pages),
        "numberOfPage": str(facts.pages),
        "format": _NORMAL,
        "inforSign": "KS",
        "confidenceLevel": _BORN_DIGITAL if facts.all_born_digital else _DIGITISED,
        "paperFileCode": facts.code,
        "riskRecovery": "0",
        "riskRecoveryStatus": "",
        "description": ", ".join(part for part in about if part),
    }


def to_xml(fields: Mapping[str, str], lengths: Mapping[str, int]) -> bytes:
    """``<simpledc>`` with every field of the form, in its order."""
    root = etree.Element("simpledc")
    for name, length in lengths.items():
        etree.SubElement(root, name).text = xml_text(fields.get(name, ""))[:length] or None
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def schema(lengths: Mapping[str, int]) -> bytes:
    """The XSD of a description: these fields in this order, each with its length."""
    xs = "http://www.w3.org/2001/XMLSchema"

    def q(name: str) -> str:
        return f"{{{xs}}}{name}"

    root = etree.Element(q("schema"), nsmap={"xs": xs})
    top = etree.SubElement(root, q("element"), name="simpledc")
    sequence = etree.SubElement(etree.SubElement(top, q("complexType")), q("sequence"))
    for name, length in lengths.items():
        element = etree.SubElement(sequence, q("element"), name=name)
        simple = etree.SubElement(element, q("simpleType"))
        restriction = etree.SubElement(simple, q("restriction"), base="xs:string")
        etree.SubElement(restriction, q("maxLength"), value=str(length))
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def vietnamese_date(iso: str) -> str:
    """``DD/MM/YYYY`` for an ISO 8601 date; empty for anything else."""
    try:
        return date.fromisoformat(iso).strftime("%d/%m/%Y")
    except ValueError:
        return ""
