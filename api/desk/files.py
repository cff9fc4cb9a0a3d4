"""Opening the files of a paper: its PDF, words, description, report, package, pictures.

Each opening is written down before anything is given out. What is archived is read from the store
with every digest checked, not from the ledger.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from api.application import Application
from api.desk import papers as desk_papers
from archive import package, read
from archive.export import export
from dossier import written
from dossier.errors import WrongUse
from dossier.spine import Box
from dossier.states import PaperState
from workflow.ledger.types import WorkItem

_PICTURE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file to be given out; whoever takes it closes it.

    Attributes:
        name: as TT 01/2023/TT-VPCP names it.
        digest: SHA-256 of all of it.
    """

    stream: BinaryIO
    size: int
    name: str
    digest: str


def pdf(application: Application, paper: UUID, *, actor: str) -> OpenFile:
    """The PDF/A of a paper, signed once it is.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.no-pdf``.
    """
    held, _ = desk_papers.opened(application, paper, actor=actor)
    with _pdf_file(application, held) as file:
        stream = file.open("rb")
    blob = held.signed.pdf if held.signed else held.record.pdfa if held.record else None
    name = f"{held.paper.dossier}.{held.paper.ordinal:03d}.pdf"
    return OpenFile(stream, file_size(stream), name, blob.digest if blob else "")


def document(application: Application, paper: UUID, which: str, *, actor: str) -> bytes:
    """``words.json``, ``description.json`` or ``validation.json`` of a paper.

    Args:
        application: as the actor sees it.
        paper: which.
        which: ``package.WORDS``, ``DESCRIPTION`` or ``VALIDATION``.
        actor: who.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.not-read``: it has not come so far.
    """
    held, row = desk_papers.opened(application, paper, actor=actor)
    if row.state is PaperState.ARCHIVED:
        stored = read.load(application.store, desk_papers.record_key(application, paper))
        return read.read_file(application.store, stored, which, limit=package.LARGEST_JSON)
    words, record = (None, None) if desk_papers.is_gone(row.state) else (held.words, held.record)
    if which == package.WORDS and words is not None:
        with application.store.work_file(words) as file:
            return file.read_bytes()
    if record is None or which == package.WORDS:
        raise WrongUse(
            "paper.not-read", f"paper {paper} has not come so far: it stands {row.state}"
        )
    if which == package.DESCRIPTION:
        return written.dumps(written.description_to_json(record.description))
    return written.dumps(
        {
            "format": package.FORMAT,
            "pdfa": written.pdfa_report_to_json(record.pdfa_report),
            "received_signatures": [written.report_to_json(r) for r in record.received_signatures],
            "signatures": [
                written.signature_to_json(s)
                for s in (held.signed.signatures if held.signed else ())
            ],
        }
    )


@contextmanager
def package_folder(application: Application, paper: UUID, *, actor: str) -> Iterator[Path]:
    """The package of an archived paper as a folder, for as long as the context lasts.

    Raises:
        WrongUse: ``paper.unknown``, ``paper.not-archived``.
    """
    desk_papers.opened(application, paper, actor=actor)
    key = desk_papers.record_key(application, paper)
    with _folder(application) as folder:
        yield export(key, folder, store=application.store)


def picture(
    application: Application,
    paper: UUID,
    *,
    page: int,
    box: Box | None,
    size: Sequence[int],
    actor: str,
) -> bytes:
    """A page of a paper, or a box of it, as WebP; drawn in a child from its PDF/A.

    Args:
        application: as the actor sees it.
        paper: which.
        page: its number in the scan.
        box: on the upright page, pt; None for all of it.
        size: the most px across and down.
        actor: who.

    Raises:
        WrongUse: ``paper.unknown``, ``page.unknown``, ``paper.no-pdf``.
    """
    held, _ = desk_papers.opened(application, paper, actor=actor)
    numbers = [p.number for p in held.paper.pages]
    if page not in numbers:
        raise WrongUse("page.unknown", f"paper {paper} has no page {page}")
    with _folder(application) as folder, _pdf_file(application, held) as file:
        out = folder / "picture.webp"
        application.children.run(
            "pages.picture:picture",
            {
                "path": str(file),
                "number": numbers.index(page) + 1,
                "box": None if box is None else [box.left, box.top, box.right, box.bottom],
                "out": str(out),
                "most_width": size[0],
                "most_height": size[1],
            },
            deadline=_PICTURE_SECONDS,
            what=f"paper {paper} page {page}",
        )
        return out.read_bytes()


def file_size(stream: BinaryIO) -> int:
    """Bytes of an open file; it stands at its beginning afterwards."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return size


@contextmanager
def _pdf_file(application: Application, held: WorkItem) -> Iterator[Path]:
    paper = held.paper
    if held.state is PaperState.ARCHIVED:
        stored = read.load(application.store, desk_papers.record_key(application, paper.id))
        with _folder(application) as folder:
            copy = folder / "signed.pdf"
            with copy.open("xb") as out:
                read.copy_file(application.store, stored, package.signed_path(paper), to=out)
            yield copy
        return
    blob = held.signed.pdf if held.signed else held.record.pdfa if held.record else None
    if blob is None or desk_papers.is_gone(held.state):
        raise WrongUse("paper.no-pdf", f"paper {paper.id} has no PDF/A: it stands {held.state}")
    with application.store.work_file(blob) as file:
        yield file


@contextmanager
def _folder(application: Application) -> Iterator[Path]:
    application.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="open-", dir=application.scratch) as folder:
        yield Path(folder)
