"""Makes several papers of one scan, one paper of two, and a paper with one page scanned again.

Scans stay as received. What was there before is kept with the paper, for undo until it is signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import WrongUse
from dossier.spine import Page, Paper, Scan
from dossier.states import PaperState, ScanState
from workflow.ledger import mapping
from workflow.ledger.connections import Connections
from workflow.ledger.dossiers import next_place, require_open
from workflow.ledger.edits import (
    EditRequest,
    restart,
    save_edit,
    take_scan_again,
    unsigned_row,
)
from workflow.ledger.history_writer import NewEntry, Transition, append_history
from workflow.ledger.intake import insert_papers
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.papers import paper_row
from workflow.ledger.queue import release_scan
from workflow.ledger.tables import SCAN

SPLIT, MERGED, REPLACED = "pages-split", "pages-merged", "page-replaced"
UNDONE = "pages-undone"
_UNSIGNED = frozenset(
    {PaperState.RECEIVED, PaperState.RECOGNISED, PaperState.REVIEW, PaperState.DESCRIBED}
)


@dataclass(frozen=True, slots=True)
class Part:
    """The pages of one paper to be.

    Attributes:
        paper: its ID; the first part stays the paper that is split.
        scan: ID of its entry of the scan; the bytes are the same.
        pages: number in the scan, and rotation in degrees clockwise.
    """

    paper: UUID
    scan: UUID
    pages: tuple[tuple[int, int], ...]


class Splitting:
    """Splits and merges unsigned papers, replaces single pages, and takes the last of it back."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._writing = connections.writing
        self._cipher = cipher

    def split(
        self, edit: EditRequest, parts: Sequence[Part], *, version: int | None = None
    ) -> None:
        """Split a paper; all its parts are recognised again. Pages in no part are left out.

        The scan stays as received: each further paper refers to the same bytes.

        Args:
            edit: the request.
            parts: at least one, none empty; the first keeps the paper's ID and place.
            version: the version the person has seen; None if unknown.

        Raises:
            WrongUse: ``paper.unknown``, ``paper.signed-already``, ``state.move-not-allowed``;
                ``pages.not-known``; ``pages.not-parts``: a page is unknown or in two parts, or a
                part is empty; ``pages.signed``: the scan carries signatures;
                ``review.changed-meanwhile``; ``dossier.closed``.
        """
        with self._writing() as c:
            row = _open_row(c, edit, version)
            paper = mapping.paper_of(row, self._cipher)
            _check(parts, paper)
            first = _arranged(paper, parts[0])
            self._insert(c, row, paper, parts[1:], edit)
            before = {**_before(c, row), "made": [str(part.paper) for part in parts[1:]]}
            changed = _pages_columns(first) | {"before_split": before}
            detail = "; ".join(_numbers(part.pages) for part in parts)
            restart(c, row, edit, code=SPLIT, changed=changed, detail=detail, cipher=self._cipher)
            come = Transition("", PaperState.RECEIVED, SPLIT, f"from {edit.paper}", edit.actor)
            entries = [NewEntry(row["office"], part.paper, edit.at, come) for part in parts[1:]]
            append_history(c, entries, cipher=self._cipher)

    def merge(
        self, edit: EditRequest, other: UUID, *, scan: Scan | None, version: int | None = None
    ) -> None:
        """Append the pages of another paper of the dossier, which ends; recognised again.

        Args:
            edit: the request.
            other: the paper whose pages come last.
            scan: of the pages of both; None where both are pages of the same bytes.
            version: the version the person has seen; None if unknown.

        Raises:
            WrongUse: as ``split``; ``pages.not-beside``: the papers are not of one dossier, or of
                one file where ``scan`` is None.
        """
        with self._writing() as c:
            row = _open_row(c, edit, version)
            second = unsigned_row(c, replace(edit, paper=other))
            papers = [mapping.paper_of(one, self._cipher) for one in (row, second)]
            _check_beside(papers[0], papers[1], same_bytes=scan is None)
            before = {
                **_before(c, row),
                "merged": {"scan": str(second["scan"]), "pages": second["pages"]},
            }
            changed: dict[str, Any] = {"before_split": before}
            if scan is None:
                pages = (*papers[0].pages, *papers[1].pages)
                changed |= _pages_columns(pages)
            else:
                changed |= self._replace_scan(c, row, scan, edit)
            release_scan(c, second["scan"], edit.paper, edit.at)
            save_edit(
                c,
                second,
                replace(edit, paper=other),
                after=PaperState.REJECTED,
                code=MERGED,
                changed={"history_reason": f"into {edit.paper}"},
                cipher=self._cipher,
            )
            detail = f"with {other}"
            restart(c, row, edit, code=MERGED, changed=changed, detail=detail, cipher=self._cipher)

    def replace_page(
        self, edit: EditRequest, scan: Scan, page: Scan, *, number: int, version: int | None = None
    ) -> None:
        """Put a new scan of one page in the place of the old one; recognised again.

        Args:
            edit: the request.
            scan: of all pages of the paper, the new one among them.
            page: the new page as received.
            number: of the page in the paper, for the history.
            version: the version the person has seen; None if unknown.

        Raises:
            WrongUse: as ``split``.
        """
        with self._writing() as c:
            row = _open_row(c, edit, version)
            paper = mapping.paper_of(row, self._cipher)
            _check_whole(paper)
            columns = mapping.scan_columns(page, self._cipher)
            received = {"dossier": row["dossier"], "state": ScanState.SPLIT, "paper": edit.paper}
            c.execute(SCAN.insert().values(**columns, **received, released_at=edit.at))
            changed = self._replace_scan(c, row, scan, edit) | {"before_split": _before(c, row)}
            detail = f"page {number}"
            restart(
                c, row, edit, code=REPLACED, changed=changed, detail=detail, cipher=self._cipher
            )

    def undo(self, edit: EditRequest, *, paper: UUID, scan: UUID) -> None:
        """Take back the last split, merge or replaced page; recognised again.

        Args:
            edit: the request.
            paper: ID of the paper that a merge ended, made anew.
            scan: ID of its entry of the scan.

        Raises:
            WrongUse: as ``split``; ``pages.nothing-to-undo``; ``pages.changed-meanwhile``: a paper
                made by the split was signed, split or moved since.
        """
        with self._writing() as c:
            row = _open_row(c, edit, None)
            before = row["before_split"]
            if before is None:
                raise WrongUse("pages.nothing-to-undo", f"paper {edit.paper} was not split")
            for made in sorted(before.get("made", ())):
                self._end_part(c, row, replace(edit, paper=UUID(made)))
            changed: dict[str, Any] = {
                "pages": before["pages"],
                "page_count": len(before["pages"]),
                "before_split": None,
            }
            former = UUID(before["scan"])
            if former != row["scan"]:
                release_scan(c, row["scan"], edit.paper, edit.at)
                if not before["beside"]:
                    take_scan_again(c, former)
                changed |= {"scan": former, "page_marks": None}
            if "merged" in before:
                kept = before["merged"]
                pages = tuple(Page(int(n), w, h, *turn) for n, w, h, *turn in kept["pages"])
                former_scan = self._scan(c, UUID(kept["scan"]), scan)
                self._insert_one(c, row, former_scan, paper, pages, edit)
                come = Transition("", PaperState.RECEIVED, UNDONE, f"from {edit.paper}", edit.actor)
                entry = NewEntry(row["office"], paper, edit.at, come)
                append_history(c, [entry], cipher=self._cipher)
            restart(c, row, edit, code=UNDONE, changed=changed, detail="", cipher=self._cipher)

    def _end_part(self, connection: sa.Connection, row: dict[str, Any], edit: EditRequest) -> None:
        """End a paper that a split made; one that was withdrawn stays so."""
        part = paper_row(connection, edit.paper, for_update=True)
        if part is None or part["state"] == PaperState.REJECTED:
            return
        signed = part["state"] not in _UNSIGNED
        if signed or part["before_split"] is not None or part["dossier"] != row["dossier"]:
            raise WrongUse(
                "pages.changed-meanwhile",
                f"paper {edit.paper}, made by the split, was signed, split or moved since",
            )
        release_scan(connection, part["scan"], edit.paper, edit.at)
        save_edit(
            connection,
            part,
            edit,
            after=PaperState.REJECTED,
            code=UNDONE,
            changed={},
            cipher=self._cipher,
        )

    def _scan(self, connection: sa.Connection, scan: UUID, entry: UUID) -> Scan:
        """A scan as it was received, under the ID of another entry."""
        found = connection.execute(sa.select(SCAN).where(SCAN.c.id == scan)).mappings().one()
        return replace(mapping.scan_of(found, self._cipher), id=entry)

    def _replace_scan(
        self, connection: sa.Connection, row: dict[str, Any], scan: Scan, edit: EditRequest
    ) -> dict[str, Any]:
        """Give the paper another scan; the old one stays in its history."""
        connection.execute(
            SCAN.insert().values(
                **mapping.scan_columns(scan, self._cipher),
                dossier=row["dossier"],
                state=ScanState.RECEIVED,
            )
        )
        release_scan(connection, row["scan"], edit.paper, edit.at)
        return {"scan": scan.id, "pages": [], "page_count": 0, "page_marks": None}

    def _insert(
        self,
        connection: sa.Connection,
        row: dict[str, Any],
        paper: Paper,
        parts: Sequence[Part],
        edit: EditRequest,
    ) -> None:
        """Insert the further papers at the end of the dossier."""
        for part in parts:
            scan = replace(paper.scan, id=part.scan)
            self._insert_one(connection, row, scan, part.paper, _arranged(paper, part), edit)

    def _insert_one(  # noqa: PLR0917 - one row of each table
        self,
        connection: sa.Connection,
        row: dict[str, Any],
        scan: Scan,
        paper: UUID,
        pages: tuple[Page, ...],
        edit: EditRequest,
    ) -> None:
        ordinal, since = next_place(connection, row["office"], row["dossier"], row["created_at"])
        connection.execute(
            SCAN.insert().values(
                **mapping.scan_columns(scan, self._cipher),
                dossier=row["dossier"],
                state=ScanState.SPLIT,
                # The bytes stand in the dossier once; this entry is beside it.
                released_at=scan.received_at,
                paper=paper,
            )
        )
        columns = {
            "id": paper,
            "ordinal": ordinal,
            "state": PaperState.RECEIVED,
            "code": "",
            "reason": b"",
            "sign_requested": False,
            "accept_as_found": False,
            **_pages_columns(pages),
            "page_marks": row["page_marks"] if scan.blob.digest == row["scan_digest"] else None,
            "dossier_since": since,
            "request": row["request"],
            "updated_at": edit.at,
        }
        insert_papers(connection, [(scan, row["dossier"], columns)])


def _open_row(connection: sa.Connection, edit: EditRequest, version: int | None) -> dict[str, Any]:
    """The row of an unsigned paper of an open dossier, locked, in the version seen."""
    row = unsigned_row(connection, edit)
    require_open(connection, row["office"], row["dossier"])
    if version is not None and version != row["version"]:
        raise WrongUse(
            "review.changed-meanwhile",
            f"paper {edit.paper} was changed by another caller; open it again",
        )
    return row


def _before(connection: sa.Connection, row: dict[str, Any]) -> dict[str, Any]:
    """What undo needs of a row."""
    beside = sa.select(SCAN.c.released_at.is_not(None)).where(SCAN.c.id == row["scan"])
    return {
        "scan": str(row["scan"]),
        "pages": row["pages"],
        # Of papers over the same bytes, only one stands for them in the dossier.
        "beside": bool(connection.execute(beside).scalar_one()),
    }


def _pages_columns(pages: tuple[Page, ...]) -> dict[str, Any]:
    return {"pages": mapping.pages_to_json(pages), "page_count": len(pages)}


def _check_whole(*papers: Paper) -> None:
    """Refuse papers whose pages are not counted, or that carry signatures."""
    if not all(paper.pages for paper in papers):
        raise WrongUse("pages.not-known", "the pages have not been counted yet; try again soon")
    if any(paper.arrived_signed for paper in papers):
        raise WrongUse(
            "pages.signed", "the file carries signatures, which cover all its pages; keep it whole"
        )


def _check_beside(first: Paper, second: Paper, *, same_bytes: bool) -> None:
    _check_whole(first, second)
    place = (first.office, first.dossier) == (second.office, second.dossier)
    same = first.scan.blob == second.scan.blob
    shared = {page.number for page in first.pages} & {page.number for page in second.pages}
    if first.id == second.id or not place or same is not same_bytes or (same and shared):
        raise WrongUse("pages.not-beside", "only two papers of one dossier can be merged")


def _arranged(paper: Paper, part: Part) -> tuple[Page, ...]:
    known = {page.number: page for page in paper.pages}
    return tuple(replace(known[number], turn=turn) for number, turn in part.pages)


def _check(parts: Sequence[Part], paper: Paper) -> None:
    _check_whole(paper)
    known = {page.number for page in paper.pages}
    named = [number for part in parts for number, _ in part.pages]
    if (
        not parts
        or not all(part.pages for part in parts)
        or len(set(named)) < len(named)
        or not set(named) <= known
    ):
        raise WrongUse("pages.not-parts", "name each page once, and at least one for each paper")


def _numbers(pages: Sequence[tuple[int, int]]) -> str:
    return " ".join(f"{number}/{turn}" if turn else f"{number}" for number, turn in pages)
