"""Changes that people make to a paper until it is signed.

Each is one transaction with its history entry. It raises the paper's version, so a step that is
running cannot save its outcome; the paper starts again from the state the change leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.errors import TransientFault, WrongUse
from dossier.spine import Page, Scan
from dossier.states import PAPER_MOVES, PaperState, ScanState, check_move
from workflow.ledger import mapping
from workflow.ledger.connections import Connections
from workflow.ledger.dossiers import lock_dossiers, next_place, require_open
from workflow.ledger.history_writer import SIGN_REQUESTED, NewEntry, Transition, append_history
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.papers import paper_row
from workflow.ledger.queue import release_scan
from workflow.ledger.tables import PAPER, SCAN
from workflow.ledger.types import WorkItem

_SIGNED = frozenset({PaperState.SIGNED, PaperState.ARCHIVED, PaperState.DISPOSED})
# Columns of a paper that must be recognised again.
_UNREAD: dict[str, Any] = {
    "words": None,
    "engine": "",
    "kind": "",
    "description": None,
    "received_signatures": [],
    "pdfa": None,
    "pdfa_report": None,
    "before_review": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """A person's request to change a paper.

    Attributes:
        offices: whose papers the person may change.
        reason: the person's words, for the history only.
    """

    paper: UUID
    offices: Sequence[str]
    actor: str
    at: datetime
    reason: str = ""


class PaperEdits:
    """Changes to unsigned papers."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._writing = connections.writing
        self._cipher = cipher

    def request_signature(
        self, edit: EditRequest, *, version: int | None = None, key: str = ""
    ) -> None:
        """Request the signature of a described paper; a scheduled retry becomes due at once.

        The first request is entered in the history with its person and key; later ones change
        nothing, also after signing.

        Args:
            edit: the request.
            version: the version the person has seen; None if unknown.
            key: SHA-256 (hex) of the certificate to sign with; empty where it is not known here.

        Raises:
            WrongUse: ``paper.unknown``; ``sign.not-described``: it is in another state;
                ``sign.changed-meanwhile``: the paper has a newer version.
        """
        with self._writing() as c:
            row = paper_row(c, edit.paper, for_update=True)
            if row is None or row["office"] not in edit.offices:
                raise unknown_paper()
            if row["state"] in _SIGNED and row["sign_requested"]:
                return
            if row["state"] != PaperState.DESCRIBED:
                raise WrongUse(
                    "sign.not-described",
                    f"paper {edit.paper} is not DESCRIBED; only a described paper can be signed",
                )
            if version is not None and version != row["version"] and not row["sign_requested"]:
                raise WrongUse(
                    "sign.changed-meanwhile",
                    f"paper {edit.paper} was changed after it was displayed; reload it",
                )
            due: dict[str, Any] = {"retry_at": None, "set_aside_at": None, "updated_at": edit.at}
            if not row["sign_requested"]:
                due |= {"sign_requested": True, **mapping.request_columns(edit.actor, key)}
            c.execute(PAPER.update().where(PAPER.c.id == edit.paper).values(**due))
            if not row["sign_requested"]:
                state = row["state"]
                transition = Transition(state, state, SIGN_REQUESTED, edit.reason, edit.actor)
                entry = NewEntry(row["office"], edit.paper, edit.at, transition)
                append_history(c, [entry], cipher=self._cipher)

    def bind_key(self, item: WorkItem, key: str) -> str:
        """The key that a signing request may be fulfilled with; ``key`` where it names none yet.

        Args:
            item: the claimed paper.
            key: SHA-256 (hex) of the certificate that the office signs with now.
        """
        if not item.sign_key:
            with self._writing() as c:
                c.execute(
                    PAPER.update()
                    .where(PAPER.c.id == item.paper.id, PAPER.c.version == item.version)
                    .values(sign_key=key)
                )
        return item.sign_key or key

    def send_back(self, edit: EditRequest) -> None:
        """Send a described paper back to review, with a reason.

        Raises:
            WrongUse: ``paper.unknown``, ``send-back.not-described``.
        """
        with self._writing() as c:
            row = unsigned_row(c, edit)
            if row["state"] != PaperState.DESCRIBED:
                raise WrongUse(
                    "send-back.not-described",
                    f"paper {edit.paper} stands {row['state']}; only DESCRIBED can be sent back",
                )
            save_edit(
                c,
                row,
                edit,
                after=PaperState.REVIEW,
                code="sent-back",
                changed={"reason": self._cipher.encrypt_text(edit.reason, edit.paper)},
                cipher=self._cipher,
            )

    def withdraw(self, edit: EditRequest) -> None:
        """Remove a paper from its dossier; the same bytes may be submitted again.

        Raises:
            WrongUse: ``paper.unknown``, ``paper.signed-already``, ``state.move-not-allowed``.
        """
        with self._writing() as c:
            row = unsigned_row(c, edit)
            release_scan(c, row["scan"], edit.paper, edit.at)
            save_edit(
                c,
                row,
                edit,
                after=PaperState.REJECTED,
                code="withdrawn",
                changed={"reason": self._cipher.encrypt_text(edit.reason, edit.paper)},
                cipher=self._cipher,
            )

    def replace_scan(self, edit: EditRequest, scan: Scan) -> None:
        """Replace the scan of a paper; it is recognised again.

        Raises:
            WrongUse: as ``withdraw``; ``dossier.has-it-already``: a paper of this dossier has
                these bytes.
        """
        with self._writing() as c:
            row = unsigned_row(c, edit)
            _refuse_duplicate(c, row["office"], row["dossier"], scan.blob.digest)
            c.execute(
                SCAN.insert().values(
                    **mapping.scan_columns(scan, self._cipher),
                    dossier=row["dossier"],
                    state=ScanState.RECEIVED,
                )
            )
            changed = {"scan": scan.id, "pages": [], "page_count": 0, "arrived_signed": False}
            changed |= {"page_marks": None, "before_split": None}
            detail = f"scan {scan.id} stands for scan {row['scan']}"
            release_scan(c, row["scan"], edit.paper, edit.at)
            restart(
                c,
                row,
                edit,
                code="scanned-again",
                changed=changed,
                detail=detail,
                cipher=self._cipher,
            )

    def arrange_pages(self, edit: EditRequest, pages: Sequence[tuple[int, int]]) -> None:
        """Reorder and rotate the pages of a paper; it is recognised again.

        Args:
            edit: the request.
            pages: the new order: number in the scan, and rotation in degrees clockwise.

        Raises:
            WrongUse: as ``withdraw``; ``pages.not-known``: the pages are not counted yet;
                ``pages.not-all``: a page is missing, repeated or unknown.
        """
        with self._writing() as c:
            row = unsigned_row(c, edit)
            known = {page.number: page for page in mapping.paper_of(row, self._cipher).pages}
            if not known:
                raise WrongUse(
                    "pages.not-known",
                    f"paper {edit.paper}: its pages have not been counted yet; try again soon",
                )
            if sorted(number for number, _ in pages) != sorted(known):
                raise WrongUse(
                    "pages.not-all",
                    f"paper {edit.paper}: name each of its {len(known)} pages once, by its number "
                    "in the scan",
                )
            arranged = tuple(
                Page(number, known[number].width, known[number].height, turn)
                for number, turn in pages
            )
            detail = " ".join(f"{number}/{turn}" if turn else f"{number}" for number, turn in pages)
            changed = {"pages": mapping.pages_to_json(arranged)}
            restart(
                c,
                row,
                edit,
                code="pages-arranged",
                changed=changed,
                detail=detail,
                cipher=self._cipher,
            )

    def move_to_dossier(self, edit: EditRequest, dossier: str) -> None:
        """Move a paper to the end of another dossier of its office.

        Its PDF/A holds the dossier's code, so it is made again; confirmed values are kept.

        Raises:
            WrongUse: as ``withdraw``; ``dossier.closed``, ``dossier.has-it-already``.
        """
        with self._writing() as c:
            row = unsigned_row(c, edit, dossier)
            if row["dossier"] == dossier:
                raise WrongUse("dossier.has-it-already", "the paper is in this dossier")
            for code in (row["dossier"], dossier):
                require_open(c, row["office"], code)
            _refuse_duplicate(c, row["office"], dossier, row["scan_digest"])
            c.execute(SCAN.update().where(SCAN.c.id == row["scan"]).values(dossier=dossier))
            ordinal, since = next_place(c, row["office"], dossier, row["created_at"])
            changed = {"dossier": dossier, "ordinal": ordinal, "dossier_since": since}
            if row["state"] == PaperState.DESCRIBED:
                changed |= {"description": row["description"], "kind": row["kind"]}
            detail = f"from {row['dossier']}.{row['ordinal']:03d}"
            restart(c, row, edit, code="moved", changed=changed, detail=detail, cipher=self._cipher)


def unknown_paper() -> WrongUse:
    """The error ``paper.unknown``."""
    return WrongUse("paper.unknown", "there is no such paper; see them with: sohoa list")


def unsigned_row(connection: sa.Connection, edit: EditRequest, *dossiers: str) -> dict[str, Any]:
    """The row of the paper, locked after its dossier and further ones (to avoid deadlock)."""
    row = paper_row(connection, edit.paper)
    if row is not None:
        locked = row["dossier"]
        lock_dossiers(connection, row["office"], locked, *dossiers)
        row = paper_row(connection, edit.paper, for_update=True)
        if row is not None and row["dossier"] != locked:
            raise TransientFault(
                "database.busy", f"paper {edit.paper} was moved at the same moment; try again"
            )
    if row is None or row["office"] not in edit.offices:
        raise unknown_paper()
    if row["state"] in _SIGNED:
        raise WrongUse(
            "paper.signed-already",
            f"paper {edit.paper} stands {row['state']}: what is signed is not changed any more",
        )
    if row["state"] == PaperState.REJECTED:
        raise WrongUse(
            "state.move-not-allowed",
            f"paper {edit.paper} was rejected; send its scan again as another paper",
        )
    return row


def _refuse_duplicate(connection: sa.Connection, office: str, dossier: str, digest: str) -> None:
    there = sa.select(SCAN.c.id).where(
        SCAN.c.office == office,
        SCAN.c.dossier == dossier,
        SCAN.c.digest == digest,
        SCAN.c.state != ScanState.REJECTED,
        SCAN.c.released_at.is_(None),
    )
    if connection.execute(there).first() is not None:
        raise WrongUse(
            "dossier.has-it-already", "a paper with the same scan is in this dossier already"
        )


def take_scan_again(connection: sa.Connection, scan: UUID) -> None:
    """Let a released scan stand for its bytes in its dossier again.

    Raises:
        WrongUse: ``dossier.has-it-already``: another paper has these bytes meanwhile.
    """
    row = connection.execute(sa.select(SCAN).where(SCAN.c.id == scan)).one()
    _refuse_duplicate(connection, row.office, row.dossier, row.digest)
    connection.execute(SCAN.update().where(SCAN.c.id == scan).values(released_at=None, paper=None))


def restart(
    connection: sa.Connection,
    row: dict[str, Any],
    edit: EditRequest,
    *,
    code: str,
    changed: dict[str, Any],
    detail: str,
    cipher: FieldCipher,
) -> None:
    """Restart a paper. A request to sign is kept only if its content was not displayed yet."""
    reason = f"{detail}; {edit.reason}"[:500] if edit.reason else detail
    if row["state"] != PaperState.RECEIVED:
        changed = {"sign_requested": False, **changed}
    changed = {**_UNREAD, **changed, "history_reason": reason}
    save_edit(
        connection, row, edit, after=PaperState.RECEIVED, code=code, changed=changed, cipher=cipher
    )


def save_edit(
    connection: sa.Connection,
    row: dict[str, Any],
    edit: EditRequest,
    *,
    after: PaperState,
    code: str,
    changed: dict[str, Any],
    cipher: FieldCipher,
) -> None:
    """Save a changed paper with its history entry, and end any lease.

    Args:
        connection: of the transaction.
        row: before the change.
        edit: the request.
        after: the new state; may equal the old one where the paper starts again.
        code: of the history entry.
        changed: columns; ``history_reason`` is the reason in the history entry.
        cipher: encrypts the reason.
    """
    before = PaperState(row["state"])
    if before is not after:
        check_move(PAPER_MOVES, before, after)
    reason = changed.pop("history_reason", edit.reason)
    waits = after is not PaperState.RECEIVED
    connection.execute(
        PAPER.update()
        .where(PAPER.c.id == edit.paper)
        .values(
            **{
                "sign_requested": row["sign_requested"] and not waits,
                "code": code if waits else "",
                "reason": b"",
                "fault": "",
                **changed,
            },
            state=after,
            version=row["version"] + 1,
            attempts=0,
            lost=0,
            lease_until=None,
            retry_at=None,
            set_aside_at=None,
            updated_at=edit.at,
        )
    )
    transition = Transition(before, after, code, reason, edit.actor)
    entry = NewEntry(row["office"], edit.paper, edit.at, transition)
    append_history(connection, [entry], cipher=cipher)
