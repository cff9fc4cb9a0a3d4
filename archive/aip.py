"""The E-ARK CSIP AIP of TT 05/2025/TT-BNV, composed from the objects of one or more papers.

    METS.xml
    metadata/descriptive/EAD.xml             18 fields of a dossier; 4 of a paper by itself
    metadata/preservation/PREMIS.xml         the package as an intellectual entity
    representations/rep1/METS.xml
    representations/rep1/data/               signed PDF/As, and scans as received
    representations/rep1/metadata/           EAD_doc of each paper, PREMIS_rep1 of all files
    documentation/                           words, description and reports of each paper
    schemas/                                 METS, EAD, EAD_doc

Nothing is read twice: sizes and digests come from inventories, and content is streamed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib import metadata, resources
from io import BytesIO
from typing import BinaryIO

from archive import dossier_record, ead, mets, ocfl, package, premis, read
from archive.dossier_record import StoredDossier
from archive.recall import recall
from dossier.codes import dossier_code
from dossier.errors import IntegrityViolation, WrongUse
from dossier.ports import ObjectStore
from dossier.spine import ArchivedRecord

_REP = "representations/rep1"
_VIETNAM = timezone(timedelta(hours=7))
_MEDIA_TYPES = {".json": "application/json", ".gz": "application/gzip", ".xml": mets.XML}
_PAPER_FIELDS = ("arcFileCode", "title", "maintenance", "mode")


@dataclass(frozen=True, slots=True)
class _Source:
    """A file of the package: bytes made here, or a file of a stored object."""

    file: mets.MetsFile
    content: bytes | None = None
    stored: read.StoredObject | None = None
    logical: str = ""


@dataclass(frozen=True, slots=True)
class Aip:
    """A package, ready to be written.

    Attributes:
        name: of its folder.
        signed: paths of the signed PDF/As.
    """

    name: str
    signed: tuple[str, ...]
    _files: tuple[_Source, ...]
    _store: ObjectStore

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all files, in the order in which they are written."""
        return tuple(source.file.path for source in self._files)

    def sizes(self) -> dict[str, tuple[int, str]]:
        """Bytes and SHA-256 of each file by its path."""
        return {s.file.path: (s.file.size, s.file.sha256) for s in self._files}

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Read one file; its digest is checked when it has been read to its end.

        Raises:
            IntegrityViolation: ``object.file-changed``, ``object.file-missing``.
        """
        (source,) = (source for source in self._files if source.file.path == path)
        if source.stored is None:
            yield BytesIO(source.content or b"")
            return
        with read.open_file(self._store, source.stored, source.logical) as stream:
            yield stream


def compose_paper(store: ObjectStore, key: str, *, keep_years: int) -> Aip:
    """The package of one paper.

    Raises:
        IntegrityViolation: the object is not what was archived.
    """
    stored = read.load(store, key)
    archived = recall(store, stored)
    facts = _facts([archived], title="", keep_years=keep_years)
    fields = {
        name: value for name, value in ead.file_fields(facts).items() if name in _PAPER_FIELDS
    }
    lengths = {name: ead.FILE_FIELDS[name] for name in _PAPER_FIELDS}
    return _compose(
        store,
        _folder_name(archived.object_id),
        [(stored, archived)],
        (ead.to_xml(fields, lengths), ead.schema(lengths)),
    )


def compose_dossier(
    store: ObjectStore,
    keys: Sequence[str],
    *,
    dossier: StoredDossier | None = None,
    keep_years: int,
) -> Aip:
    """The package of a dossier with all its archived papers.

    Args:
        store: where the objects are.
        keys: of the papers' objects.
        dossier: its own object, which describes it; None where it was never closed.
        keep_years: its term without an object of its own; 0 for ever.

    Raises:
        WrongUse: ``dossier.no-records``.
        IntegrityViolation: an object is not what was archived; ``dossier.paper-missing``: one that
            the dossier lists is not there, or is another one.
    """
    if not keys:
        raise WrongUse("dossier.no-records", "the dossier has no archived paper to export")
    objects = [read.load(store, key) for key in keys]
    both = [(stored, recall(store, stored)) for stored in objects]
    both.sort(key=lambda pair: (pair[1].signed.record.paper.ordinal, pair[1].object_id))
    paper = both[0][1].signed.record.paper
    facts = _facts([archived for _, archived in both], title="", keep_years=keep_years)
    listed = []
    if dossier is not None:
        _check_list(dossier, [archived for _, archived in both])
        own = dossier.record.facts()
        # A paper that was archived after this version of the dossier is counted too.
        facts = replace(own, papers=facts.papers, pages=facts.pages, last=facts.last)
        listed.append(
            _stored(
                read.load(store, dossier.key),
                dossier_record.PATH,
                "documentation/dossier.json",
                None,
            )
        )
    return _compose(
        store,
        _folder_name(ocfl.dossier_id(paper.office, dossier_code(paper.dossier))),
        both,
        (ead.to_xml(ead.file_fields(facts), ead.FILE_FIELDS), ead.schema(ead.FILE_FIELDS)),
        documentation=listed,
    )


def _check_list(dossier: StoredDossier, records: Sequence[ArchivedRecord]) -> None:
    """See that every paper that a dossier lists is there in the listed version.

    Raises:
        IntegrityViolation: ``dossier.paper-missing``.
    """
    there = {record.object_id: [v.digest for v in record.versions] for record in records}
    for paper in dossier.record.papers:
        if paper.digest not in there.get(paper.object_id, ()):
            raise IntegrityViolation(
                "dossier.paper-missing",
                f"version {paper.version} of the object {paper.object_id}, which the dossier "
                f"{dossier.object_id} lists, is not in the store; bring back the store's backup",
            )


def _facts(records: Sequence[ArchivedRecord], *, title: str, keep_years: int) -> ead.DossierFacts:
    papers = [record.signed.record.paper for record in records]
    received = [paper.scan.received_at.astimezone(_VIETNAM) for paper in papers]
    people = records[0].signed.record.description.people()
    return ead.DossierFacts(
        code=papers[0].dossier,
        title=title,
        procedure="",
        owner=next((person.name for person in people if person.name), ""),
        keep_years=keep_years,
        first=min(received),
        last=max(record.archived_at.astimezone(_VIETNAM) for record in records),
        papers=len(papers),
        pages=sum(len(paper.pages) for paper in papers),
        all_born_digital=all(paper.arrived_signed for paper in papers),
    )


def _compose(
    store: ObjectStore,
    name: str,
    papers: Sequence[tuple[read.StoredObject, ArchivedRecord]],
    description: tuple[bytes, bytes],
    *,
    documentation: Sequence[_Source] = (),
) -> Aip:
    head = _head(name, [archived for _, archived in papers])
    parts = [_paper_parts(stored, archived) for stored, archived in papers]
    events = [event for one in parts for event in one.events]
    identifier = name.replace("_", ":")
    data = [source for one in parts for source in one.data]
    descriptions = [one.description for one in parts]
    documentation = [*documentation, *(source for one in parts for source in one.documentation)]
    rep_mets, rep_premis = _representation(
        head,
        data=data,
        descriptions=descriptions,
        content=premis.to_xml(
            f"{identifier}:rep1", [file for one in parts for file in one.files], events
        ),
    )
    root_premis = _root_premis(identifier, events)
    root_ead = _made("metadata/descriptive/EAD.xml", description[0])
    schemas = [
        _made("schemas/METS.xsd", _mets_schema()),
        _made("schemas/EAD.xsd", description[1]),
        _made("schemas/EAD_doc.xsd", ead.schema(ead.DOC_FIELDS)),
    ]
    root_mets = _made(
        "METS.xml",
        mets.root(
            head,
            descriptions=[root_ead.file],
            preservation=root_premis.file,
            groups={
                "Documentation": [one.file for one in documentation],
                "Schemas": [one.file for one in schemas],
            },
            representation_folder=_REP,
            representation_mets=rep_mets.file,
        ),
    )
    everything = (
        root_mets, root_ead, root_premis, rep_mets, *descriptions, rep_premis,
        *data, *documentation, *schemas,
    )  # fmt: skip
    return Aip(name, tuple(one.data[0].file.path for one in parts), everything, store)


def _root_premis(identifier: str, events: Sequence[premis.Event]) -> _Source:
    """PREMIS of the package itself: the intellectual entity and its creation."""
    created = [event for event in events if event.type == "information package creation"]
    return _made(
        "metadata/preservation/PREMIS.xml",
        premis.to_xml(identifier, (), created, entity_only=True),
    )


def _head(name: str, records: Sequence[ArchivedRecord]) -> mets.Package:
    paper = records[0].signed.record.paper
    return mets.Package(
        name=name,
        label=f"{paper.dossier}" if len(records) > 1 else f"{paper.dossier}.{paper.ordinal:03d}",
        office=(paper.office, records[0].provenance.office_name),
        created=max(_newest(archived) for archived in records).astimezone(_VIETNAM),
        software_version=metadata.version("sohoa"),
    )


def _representation(
    head: mets.Package,
    *,
    data: Sequence[_Source],
    descriptions: Sequence[_Source],
    content: bytes,
) -> tuple[_Source, _Source]:
    """METS and PREMIS of the representation; ``content`` is the PREMIS document."""
    preservation = _made(f"{_REP}/metadata/preservation/PREMIS_rep1.xml", content)
    root = mets.representation(
        head,
        folder=_REP,
        data=[one.file for one in data],
        descriptions=[one.file for one in descriptions],
        preservation=preservation.file,
    )
    return _made(f"{_REP}/METS.xml", root), preservation


@dataclass(frozen=True, slots=True)
class _Parts:
    data: list[_Source]
    description: _Source
    documentation: list[_Source]
    files: tuple[premis.File, premis.File]
    events: tuple[premis.Event, ...]


def _paper_parts(stored: read.StoredObject, archived: ArchivedRecord) -> _Parts:
    """What a package has of one paper."""
    paper = archived.signed.record.paper
    signed = package.signed_path(paper)
    received = package.received_path(paper.scan.media_type)
    stem = signed.rpartition("/")[2].removesuffix(".pdf")
    scan = f"{_REP}/data/{stem}.scan{paper.scan.media_type.suffix}"
    data = [
        _stored(stored, signed, signed, "application/pdf"),
        _stored(stored, received, scan, paper.scan.media_type.value),
    ]
    description = _made(
        f"{_REP}/metadata/descriptive/EAD_doc_{stem}.xml",
        ead.to_xml(ead.doc_fields(archived.signed), ead.DOC_FIELDS),
        describes=signed,
    )
    documentation = [
        _stored(stored, path, f"documentation/{stem}/{path.rpartition('/')[2]}", None)
        for path in stored.paths
        if path.startswith("documentation/")
    ]
    files = premis.files_of(archived.signed, signed_path=signed, received_path=scan)
    events = premis.events_of(
        archived.signed, archived.provenance, files, archived_at=archived.archived_at
    )
    return _Parts(data, description, documentation, files, events)


def _newest(archived: ArchivedRecord) -> datetime:
    return max(archived.archived_at, *(v.created_at for v in archived.versions))


def _made(path: str, content: bytes, *, describes: str = "") -> _Source:
    file = mets.MetsFile(
        path=path,
        media_type=mets.XML,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        describes=describes,
    )
    return _Source(file, content=content)


def _stored(stored: read.StoredObject, logical: str, path: str, media_type: str | None) -> _Source:
    size, sha256 = read.size_and_sha256(stored, logical)
    suffix = "." + path.rpartition(".")[2]
    file = mets.MetsFile(
        path=path,
        media_type=media_type or _MEDIA_TYPES.get(suffix, "application/octet-stream"),
        size=size,
        sha256=sha256,
    )
    return _Source(file, stored=stored, logical=logical)


def _folder_name(identifier: str) -> str:
    """The name of a package's folder (CSIP1: OBJID, ``_`` for ``:``).

    Raises:
        WrongUse: ``export.bad-identifier``.
    """
    name = identifier.replace(":", "_")
    if not ocfl.is_inner_path(name) or "/" in name:
        raise WrongUse("export.bad-identifier", "the object's identifier cannot name a folder")
    return name


@cache
def _mets_schema() -> bytes:
    return resources.files("archive").joinpath("schemas/METS.xsd").read_bytes()
