"""Depositing a signed record: an OCFL object, written, read back and compared.

The order makes it safe to be killed at any moment: the description first, then the other content
and the version's inventory, the inventory at the root last. Without that one there is no object. A
retry writes the same bytes and completes the same object: times and provenance of the first try
hold, as its description has them, and nothing else depends on the clock.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive import ead, ocfl, package, premis, read
from archive.digests import Digests, digests
from archive.file_faults import translated
from dossier.errors import IntegrityViolation
from dossier.ports import ObjectStore, RecordVersion
from dossier.spine import ArchivedRecord, Blob, ObjectVersion, Provenance, SignedRecord

_DESCRIPTION = "description.json"
_LARGEST_DESCRIPTION = 64 << 20


def initialize(store: ObjectStore, *, kept_until: datetime, scratch: Path | None = None) -> None:
    """Make the record area an OCFL storage root; safe to run again.

    Args:
        store: the store.
        kept_until: of the three files; as far away as the store allows.
        scratch: a folder for temporary files; the system's own by default.

    Raises:
        IntegrityViolation: ``record.exists``: it is a storage root of another layout.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        for key, content in ocfl.ROOT_FILES.items():
            source = Path(folder, "root")
            source.write_bytes(content)
            store.put_record(key, source, kept_until=kept_until)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a first try fixes for all later ones."""

    archived_at: datetime
    kept_until: datetime
    provenance: Provenance


def deposit(
    signed: SignedRecord,
    *,
    store: ObjectStore,
    archived_at: datetime,
    kept_until: datetime,
    provenance: Provenance | None = None,
    scratch: Path | None = None,
) -> ArchivedRecord:
    """Write a signed record into the record area and read all of it back.

    Where an earlier try was interrupted after it had written the description, the times and the
    provenance of that one hold; the result has them.

    Args:
        signed: the record; its blobs are in the work area of ``store``.
        store: where to.
        archived_at: now, aware.
        kept_until: aware; the end of the first lock, rounded up to a second.
        provenance: how the record came to be.
        scratch: a folder for temporary files; the system's own by default.

    Raises:
        IntegrityViolation: ``work.missing``; ``work.changed``: a blob is not what it was;
            ``record.not-the-judged-pdfa``: the signed PDF does not begin with the PDF/A that
            passed; ``record.exists``: the object exists with other bytes;
            ``record.not-as-written``: what was read back is not what was written.
        TransientFault: the store did not answer.
        WrongUse: a code that cannot be part of a path.
    """
    paper = signed.record.paper
    key = ocfl.object_key(ocfl.object_id(paper.id))
    kept_until = datetime.fromtimestamp(math.ceil(kept_until.timestamp()), UTC)
    now = _Terms(archived_at, kept_until, provenance or Provenance())
    with translated(f"a file of paper {paper.id}"):
        there = read.list_files(store, key)
        terms = _earlier_terms(store, key, there) or now
        try:
            return _deposit(signed, store, terms, there, scratch)
        except IntegrityViolation as fault:
            # Another process began the same deposit a moment earlier: its terms hold.
            there = read.list_files(store, key)
            others = _earlier_terms(store, key, there)
            if fault.code != "record.exists" or others is None or others == terms:
                raise
            return _deposit(signed, store, others, there, scratch)


def _deposit(
    signed: SignedRecord,
    store: ObjectStore,
    terms: _Terms,
    there: Mapping[str, RecordVersion],
    scratch: Path | None,
) -> ArchivedRecord:
    paper = signed.record.paper
    identifier = ocfl.object_id(paper.id)
    key = ocfl.object_key(identifier)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=scratch)))
        sources = _sources(signed, store, terms, stack, folder)
        contents = _contents(signed, sources)
        inventory = ocfl.first_inventory(
            identifier, contents, note_of(paper.office, "signed", terms.archived_at)
        )
        writing = ObjectWriter(store, key, folder, terms.kept_until, there=there)
        content, *others = (
            NewFile(f"v1/content/{one.path}", sources[one.path], one.sha512) for one in contents
        )
        writing.put([content])  # the description
        writing.put(
            [
                writing.made(ocfl.OBJECT_DECLARATION, ocfl.OBJECT_DECLARATION_BYTES),
                *others,
                *writing.inventory_files("v1/", inventory),
                *writing.inventory_files("", inventory)[:1],
            ]
        )
        writing.put(writing.inventory_files("", inventory)[1:])
        writing.compare()
    return ArchivedRecord(
        signed=signed,
        object_id=identifier,
        version=1,
        key=key,
        archived_at=terms.archived_at,
        kept_until=terms.kept_until,
        digests=tuple(sorted((c.logical, c.sha256) for c in contents)),
        versions=(
            ObjectVersion(
                number=1,
                digest=hashlib.sha512(inventory).hexdigest(),
                created_at=terms.archived_at,
            ),
        ),
        provenance=terms.provenance,
    )


def _sources(
    signed: SignedRecord, store: ObjectStore, terms: _Terms, stack: ExitStack, folder: Path
) -> dict[str, Path]:
    """The files of the version by their path below its content folder; the description first."""
    record = signed.record
    with store.work_file(record.words) as words:
        packed = package.compressed(_checked(words, record.words, paper=str(record.paper.id)))
    made = {
        _DESCRIPTION: package.description_of(
            signed,
            archived_at=terms.archived_at,
            kept_until=terms.kept_until,
            provenance=terms.provenance,
        ),
        "EAD_doc.xml": ead.to_xml(ead.doc_fields(signed), ead.DOC_FIELDS),
        "PREMIS.xml.gz": premis_of(
            signed, archived_at=terms.archived_at, provenance=terms.provenance
        ),
        "validation.json": package.validation_of(signed),
        "words.json.gz": packed,
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    sources = {name: folder / name for name in made}
    sources[f"received{record.paper.scan.media_type.suffix}"] = stack.enter_context(
        store.work_file(record.paper.scan.blob)
    )
    sources["signed.pdf"] = stack.enter_context(store.work_file(signed.pdf))
    return sources


def note_of(office: str, message: str, created: datetime) -> ocfl.VersionNote:
    """The note of a version that an office answers for."""
    return ocfl.VersionNote(
        created=created,
        message=message,
        user=f"office {office}",
        address=f"urn:x-sohoa:office:{office}",
    )


def premis_of(signed: SignedRecord, *, archived_at: datetime, provenance: Provenance) -> bytes:
    """``PREMIS.xml.gz``: the provenance of a record."""
    paper = signed.record.paper
    files = premis.files_of(
        signed,
        signed_path=package.signed_path(paper),
        received_path=package.received_path(paper.scan.media_type),
    )
    events = premis.events_of(signed, provenance, files, archived_at=archived_at)
    return package.compressed(premis.to_xml(ocfl.object_id(paper.id), files, events))


def _contents(signed: SignedRecord, sources: Mapping[str, Path]) -> tuple[ocfl.Content, ...]:
    """The files of the version; blobs of the work area have the digests they were put with."""
    paper = signed.record.paper
    received = f"received{paper.scan.media_type.suffix}"
    logical = {
        "signed.pdf": package.signed_path(paper),
        received: package.received_path(paper.scan.media_type),
        "words.json.gz": package.WORDS,
        _DESCRIPTION: package.DESCRIPTION,
        "validation.json": package.VALIDATION,
        "EAD_doc.xml": package.EAD_DOC,
        "PREMIS.xml.gz": package.PREMIS,
    }
    blobs = {"signed.pdf": signed.pdf, received: paper.scan.blob}
    contents = []
    for path, source in sources.items():
        found = _digests_of(source)
        blob = blobs.get(path)
        if blob is not None and (found.sha256, found.size) != (blob.digest, blob.size):
            raise _changed(blob, paper=str(paper.id))
        contents.append(
            ocfl.Content(
                logical=logical[path],
                path=path,
                sha512=found.sha512,
                sha256=found.sha256,
                size=found.size,
            )
        )
    _begins_with(sources["signed.pdf"], signed.record.pdfa, paper=str(paper.id))
    return tuple(contents)


def _checked(file: Path, blob: Blob, *, paper: str) -> bytes:
    content = file.read_bytes()
    if (hashlib.sha256(content).hexdigest(), len(content)) != (blob.digest, blob.size):
        raise _changed(blob, paper=paper)
    return content


def _changed(blob: Blob, *, paper: str) -> IntegrityViolation:
    return IntegrityViolation(
        "work.changed",
        f"paper {paper}: the blob {blob.digest} in the work area is not what was put there; bring "
        "back the store's backup",
    )


def _begins_with(signed: Path, pdfa: Blob, *, paper: str) -> None:
    """The signature was added after the bytes that were judged, and changed none of them."""
    sha256, rest = hashlib.sha256(), pdfa.size
    with signed.open("rb") as stream:
        while rest and (chunk := stream.read(min(rest, 1 << 18))):
            sha256.update(chunk)
            rest -= len(chunk)
    if rest or sha256.hexdigest() != pdfa.digest:
        raise IntegrityViolation(
            "record.not-the-judged-pdfa",
            f"paper {paper}: the signed PDF does not begin with the PDF/A that passed; it was not "
            "archived",
        )


def _digests_of(path: Path) -> Digests:
    with path.open("rb") as stream:
        return digests(stream)


def _earlier_terms(
    store: ObjectStore, key: str, there: Mapping[str, RecordVersion]
) -> _Terms | None:
    """The terms in a description that an earlier try has written."""
    record = there.get(f"v1/content/{_DESCRIPTION}")
    if record is None:
        return None
    with store.open_record(record) as stream:
        written = stream.read(_LARGEST_DESCRIPTION)
    described = package.read_description(written, key=key)
    return _Terms(described.archived_at, described.kept_until, described.provenance)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be written.

    Attributes:
        path: below the object's root.
        sha512: of the source.
    """

    path: str
    source: Path
    sha512: str


class ObjectWriter:
    """One object being written; remembers what must be found when it is read back.

    Args:
        store: where to.
        key: of the object's root.
        folder: for files made on the way.
        kept_until: the end of the locks.
        there: what a listing found under the key.
    """

    def __init__(
        self,
        store: ObjectStore,
        key: str,
        folder: Path,
        kept_until: datetime,
        *,
        there: Mapping[str, RecordVersion],
    ) -> None:
        self._store = store
        self._key = key
        self._folder = folder
        self._kept_until = kept_until
        self._there = there
        self._written: dict[str, tuple[RecordVersion, str]] = {}

    def made(self, path: str, content: bytes) -> NewFile:
        """A file of the object with these bytes."""
        source = self._folder / f"made-{hashlib.sha256(path.encode()).hexdigest()}"
        source.write_bytes(content)
        return NewFile(path, source, hashlib.sha512(content).hexdigest())

    def inventory_files(self, above: str, inventory: bytes) -> list[NewFile]:
        """Sidecar and inventory below ``vN/``, or at the root where it is empty."""
        return [
            self.made(above + ocfl.SIDECAR, ocfl.sidecar(inventory)),
            self.made(above + ocfl.INVENTORY, inventory),
        ]

    def put(self, files: Sequence[NewFile]) -> None:
        """Write files, in any order; those of the next call come after all of them."""
        new = [file for file in files if file.path not in self._there]
        for file in files:
            if file.path in self._there:
                record = self._store.put_record(
                    f"{self._key}/{file.path}", file.source, kept_until=self._kept_until
                )
                self._written[file.path] = (record, file.sha512)
        records = self._store.put_records(
            [(f"{self._key}/{file.path}", file.source) for file in new],
            kept_until=self._kept_until,
        )
        for file, record in zip(new, records, strict=True):
            self._written[file.path] = (record, file.sha512)

    def replace(self, file: NewFile) -> None:
        """Write a file of the root that is derived from the newest version's."""
        self._store.replace_derived(
            f"{self._key}/{file.path}", file.source, kept_until=self._kept_until
        )

    def compare(self, *, whole: bool = True) -> None:
        """List the object and read back everything that was written.

        Args:
            whole: everything in the object was written here.

        Raises:
            IntegrityViolation: ``record.exists``: something older lies at a key;
                ``record.not-as-written``; ``object.stray-file``.
        """
        found = read.list_files(self._store, self._key)
        if not set(self._written) <= set(found) or (whole and len(found) != len(self._written)):
            raise IntegrityViolation(
                "object.stray-file" if set(self._written) < set(found) else "record.not-as-written",
                f"the object {self._key} does not hold the files that were written a moment ago",
            )
        for path, (record, _) in self._written.items():
            if found[path].version != record.version:
                # Hidden when it was written, or by a store that knows no condition.
                self._store.kept_until(found[path])
        read_back = self._store.sha512_of([found[path] for path in self._written])
        for (path, (record, sha512)), again in zip(self._written.items(), read_back, strict=True):
            if again != sha512:
                raise IntegrityViolation(
                    "record.not-as-written"
                    if found[path].version == record.version
                    else "record.exists",
                    f"the object {record.key} is not what was written a moment ago; the disk or "
                    "the store is failing, or somebody wrote it before",
                )
