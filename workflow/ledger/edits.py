"""What a person does to a paper until it is signed: asks for it, sends back, withdraws, arranges.

Each is one transaction with its line of history. A step that is running loses the paper by its
version: what it comes to is thrown away, and the paper begins again where this leaves it.
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
from workflow.ledger import mapping as rows
from workflow.ledger.connections import Connections
from workflow.ledger.history import SIGN_REQUESTED, Told, add_move
from workflow.ledger.papers import paper_row
from workflow.ledger.receiving import hold_dossier, place_in_dossier, refuse_closed, release
from workflow.ledger.tables import PAPER, SCAN

_SIGNED = frozenset({PaperState.SIGNED, PaperState.ARCHIVED, PaperState.DISPOSED})
# What is known of a paper that is to be read anew.
_UNREAD: dict[str, Any] = {
    "words": None,
    "engine": "",
    "kind": "",
    "description": None,
    "received_signatures": [],
    "pdfa": None,
    "pdfa_report": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does what to which paper, and when.

    Attributes:
        offices: whose papers they may touch.
        reason: what they give for it; for history only.
    """

    paper: UUID
    offices: Sequence[str]
    actor: str
    at: datetime
    reason: str = ""


class Arranging:
    """Acts on papers that are not signed."""

    def __init__(self, connections: Connections) -> None:
        self._writing = connections.writing

    def ask_to_sign(self, act: Act, *, version: int | None = None) -> None:
        """Let a described paper be signed; at once, not after a time to try again.

        Who asks is written down once: asking again changes nothing else, also once it is signed.

        Args:
            act: on which paper.
            version: of the paper as who asks has seen it; None where they did not say.

        Raises:
            WrongUse: ``paper.unknown``; ``sign.not-described``: it is in another state;
                ``sign.changed-meanwhile``: it is not what was seen any more.
        """
        with self._writing() as c:
            row = paper_row(c, act.paper, lock=True)
            if row is None or row["office"] not in act.offices:
                raise _unknown()
            if row["state"] in _SIGNED and row["sign_requested"]:
                return
            if row["state"] != PaperState.DESCRIBED:
                raise WrongUse(
                    "sign.not-described",
                    f"paper {act.paper} is not DESCRIBED; only a described paper can be signed",
                )
            if version is not None and version != row["version"] and not row["sign_requested"]:
                raise WrongUse(
                    "sign.changed-meanwhile",
                    f"paper {act.paper} was changed after it was looked at; look at it again",
                )
            c.execute(
                PAPER.update()
                .where(PAPER.c.id == act.paper)
                .values(sign_requested=True, retry_at=None, set_aside_at=None, updated_at=act.at)
            )
            if not row["sign_requested"]:
                state = row["state"]
                told = Told(state, state, SIGN_REQUESTED, act.reason, act.actor)
                add_move(c, row["office"], act.paper, act.at, told)

    def send_back(self, act: Act) -> None:
        """Let a described paper be reviewed again, for a reason.

        Raises:
            WrongUse: ``paper.unknown``, ``send-back.not-described``.
        """
        with self._writing() as c:
            row = _unsigned(c, act)
            if row["state"] != PaperState.DESCRIBED:
                raise WrongUse(
                    "send-back.not-described",
                    f"paper {act.paper} stands {row['state']}; only DESCRIBED can be sent back",
                )
            _save(
                c,
                row,
                act,
                after=PaperState.REVIEW,
                code="sent-back",
                changed={"reason": act.reason},
            )

    def withdraw(self, act: Act) -> None:
        """Take a paper out of its dossier for good; its scan may come again.

        Raises:
            WrongUse: ``paper.unknown``, ``paper.signed-already``, ``state.move-not-allowed``.
        """
        with self._writing() as c:
            row = _unsigned(c, act)
            release(c, row["scan"], act.paper, act.at)
            _save(
                c,
                row,
                act,
                after=PaperState.REJECTED,
                code="withdrawn",
                changed={"reason": act.reason},
            )

    def scan_again(self, act: Act, scan: Scan) -> None:
        """Let another scan stand for a paper; it is read anew.

        Raises:
            WrongUse: as ``withdraw``; ``dossier.has-it-already``: these bytes stand for a paper of
                this dossier, perhaps this one.
        """
        with self._writing() as c:
            row = _unsigned(c, act)
            _refuse_double(c, row["office"], row["dossier"], scan.blob.digest)
            c.execute(
                SCAN.insert().values(
                    **rows.scan_columns(scan), dossier=row["dossier"], state=ScanState.RECEIVED
                )
            )
            changed = {"scan": scan.id, "pages": [], "page_count": 0, "arrived_signed": False}
            told = f"scan {scan.id} stands for scan {row['scan']}"
            release(c, row["scan"], act.paper, act.at)
            _begin_again(c, row, act, code="scanned-again", changed=changed, told=told)

    def arrange(self, act: Act, pages: Sequence[tuple[int, int]]) -> None:
        """Put the pages of a paper in another order and turn them; it is read anew.

        Args:
            act: on which paper.
            pages: number in the scan, and degrees clockwise as it is turned from now on, in order.

        Raises:
            WrongUse: as ``withdraw``; ``pages.not-known``: they have not been counted yet;
                ``pages.not-all``: a page is missing, double or not there.
        """
        with self._writing() as c:
            row = _unsigned(c, act)
            known = {page.number: page for page in rows.paper_of(row).pages}
            if not known:
                raise WrongUse(
                    "pages.not-known",
                    f"paper {act.paper}: its pages have not been counted yet; try again soon",
                )
            if sorted(number for number, _ in pages) != sorted(known):
                raise WrongUse(
                    "pages.not-all",
                    f"paper {act.paper}: name each of its {len(known)} pages once, by its number "
                    "in the scan",
                )
            arranged = tuple(
                Page(number, known[number].width, known[number].height, turn)
                for number, turn in pages
            )
            told = " ".join(f"{number}/{turn}" if turn else f"{number}" for number, turn in pages)
            changed = {"pages": rows.pages_to_json(arranged)}
            _begin_again(c, row, act, code="pages-arranged", changed=changed, told=told)

    def move(self, act: Act, dossier: str) -> None:
        """Put a paper into another dossier of its office, as its last.

        Its PDF/A bears the dossier's code, so it is made anew; what was confirmed stays.

        Raises:
            WrongUse: as ``withdraw``; ``dossier.closed``, ``dossier.has-it-already``.
        """
        with self._writing() as c:
            row = _unsigned(c, act, dossier)
            if row["dossier"] == dossier:
                raise WrongUse("dossier.has-it-already", "the paper is in this dossier")
            for code in (row["dossier"], dossier):
                refuse_closed(c, row["office"], code)
            _refuse_double(c, row["office"], dossier, row["scan_digest"])
            c.execute(SCAN.update().where(SCAN.c.id == row["scan"]).values(dossier=dossier))
            ordinal, since = place_in_dossier(c, row["office"], dossier, row["created_at"])
            changed = {"dossier": dossier, "ordinal": ordinal, "dossier_since": since}
            if row["state"] == PaperState.DESCRIBED:
                changed |= {"description": row["description"], "kind": row["kind"]}
            told = f"from {row['dossier']}.{row['ordinal']:03d}"
            _begin_again(c, row, act, code="moved", changed=changed, told=told)


def _unknown() -> WrongUse:
    return WrongUse("paper.unknown", "there is no such paper; see them with: sohoa list")


def _unsigned(connection: sa.Connection, act: Act, *dossiers: str) -> dict[str, Any]:
    """The paper, held with its dossier and others; a dossier always before its papers."""
    row = paper_row(connection, act.paper)
    if row is not None:
        held = row["dossier"]
        hold_dossier(connection, row["office"], held, *dossiers)
        row = paper_row(connection, act.paper, lock=True)
        if row is not None and row["dossier"] != held:
            raise TransientFault(
                "database.busy", f"paper {act.paper} was just moved by others; try again"
            )
    if row is None or row["office"] not in act.offices:
        raise _unknown()
    if row["state"] in _SIGNED:
        raise WrongUse(
            "paper.signed-already",
            f"paper {act.paper} stands {row['state']}: what is signed is not changed any more",
        )
    if row["state"] == PaperState.REJECTED:
        raise WrongUse(
            "state.move-not-allowed",
            f"paper {act.paper} was rejected; send its scan again as another paper",
        )
    return row


def _refuse_double(connection: sa.Connection, office: str, dossier: str, digest: str) -> None:
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


def _begin_again(
    connection: sa.Connection,
    row: dict[str, Any],
    act: Act,
    *,
    code: str,
    changed: dict[str, Any],
    told: str,
) -> None:
    """Let a paper be read anew; a wish to sign it stays only where nobody has seen it yet."""
    reason = f"{told}; {act.reason}"[:500] if act.reason else told
    if row["state"] != PaperState.RECEIVED:
        changed = {"sign_requested": False, **changed}
    changed = {**_UNREAD, **changed, "told": reason}
    _save(connection, row, act, after=PaperState.RECEIVED, code=code, changed=changed)


def _save(
    connection: sa.Connection,
    row: dict[str, Any],
    act: Act,
    *,
    after: PaperState,
    code: str,
    changed: dict[str, Any],
) -> None:
    """Save a changed paper with its line of history, whoever holds it.

    Args:
        connection: of the transaction.
        row: as it was.
        act: who, when, why.
        after: the state it moves to; may be the one it has where it is read anew.
        code: of the line of history.
        changed: columns; ``told`` is the reason for the history alone.
    """
    before = PaperState(row["state"])
    if before is not after:
        check_move(PAPER_MOVES, before, after)
    told = changed.pop("told", act.reason)
    waits = after is not PaperState.RECEIVED
    connection.execute(
        PAPER.update()
        .where(PAPER.c.id == act.paper)
        .values(
            **{
                "sign_requested": row["sign_requested"] and not waits,
                "code": code if waits else "",
                "reason": "",
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
            updated_at=act.at,
        )
    )
    add_move(
        connection, row["office"], act.paper, act.at, Told(before, after, code, told, act.actor)
    )
