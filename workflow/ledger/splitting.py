"""Makes several papers of one scan: each gets some of its pages, and blank ones are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import WrongUse
from dossier.spine import Page, Paper
from dossier.states import PaperState, ScanState
from workflow.ledger import mapping
from workflow.ledger.connections import Connections
from workflow.ledger.dossiers import next_place, require_open
from workflow.ledger.edits import EditRequest, restart, unsigned_row
from workflow.ledger.history_writer import NewEntry, Transition, append_history
from workflow.ledger.intake import insert_papers
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.tables import SCAN

SPLIT = "pages-split"


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
    """Splits unsigned papers."""

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
            row = unsigned_row(c, edit)
            require_open(c, row["office"], row["dossier"])
            if version is not None and version != row["version"]:
                raise WrongUse(
                    "review.changed-meanwhile",
                    f"paper {edit.paper} was changed by another caller; open it again",
                )
            paper = mapping.paper_of(row, self._cipher)
            _check(parts, {page.number for page in paper.pages}, signed=paper.arrived_signed)
            first = _arranged(paper, parts[0])
            self._insert(c, row, paper, parts[1:], edit)
            changed = {"pages": mapping.pages_to_json(first), "page_count": len(first)}
            detail = "; ".join(_numbers(part.pages) for part in parts)
            restart(c, row, edit, code=SPLIT, changed=changed, detail=detail, cipher=self._cipher)
            come = Transition("", PaperState.RECEIVED, SPLIT, f"from {edit.paper}", edit.actor)
            entries = [NewEntry(row["office"], part.paper, edit.at, come) for part in parts[1:]]
            append_history(c, entries, cipher=self._cipher)

    def _insert(
        self,
        connection: sa.Connection,
        row: dict[str, Any],
        paper: Paper,
        parts: Sequence[Part],
        edit: EditRequest,
    ) -> None:
        """Insert the further papers at the end of the dossier."""
        ordinal, since = next_place(connection, paper.office, paper.dossier, row["created_at"])
        new = []
        for place, part in enumerate(parts):
            pages = _arranged(paper, part)
            scan = replace(paper.scan, id=part.scan)
            connection.execute(
                SCAN.insert().values(
                    **mapping.scan_columns(scan, self._cipher),
                    dossier=paper.dossier,
                    state=ScanState.SPLIT,
                    # The bytes stand in the dossier once; this entry is beside it.
                    released_at=scan.received_at,
                    paper=part.paper,
                )
            )
            columns = {
                "id": part.paper,
                "ordinal": ordinal + place,
                "state": PaperState.RECEIVED,
                "code": "",
                "reason": b"",
                "sign_requested": False,
                "accept_as_found": False,
                "pages": mapping.pages_to_json(pages),
                "page_count": len(pages),
                "dossier_since": since,
                "request": row["request"],
                "updated_at": edit.at,
            }
            new.append((scan, paper.dossier, columns))
        if new:
            insert_papers(connection, new)


def _arranged(paper: Paper, part: Part) -> tuple[Page, ...]:
    known = {page.number: page for page in paper.pages}
    return tuple(replace(known[number], turn=turn) for number, turn in part.pages)


def _check(parts: Sequence[Part], known: set[int], *, signed: bool) -> None:
    if not known:
        raise WrongUse("pages.not-known", "the pages have not been counted yet; try again soon")
    if signed:
        raise WrongUse(
            "pages.signed", "the file carries signatures, which cover all its pages; keep it whole"
        )
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
