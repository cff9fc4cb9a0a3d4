"""Saves what people correct and confirm in review, and takes it back until the paper is signed."""

from __future__ import annotations

import json
from typing import Any

from dossier import written
from dossier.errors import WrongUse
from dossier.spine import Description
from dossier.states import PaperState
from workflow.ledger.connections import Connections
from workflow.ledger.edits import EditRequest, save_edit, unsigned_row
from workflow.ledger.mapping import FieldCipher

UNDONE = "review-undone"
_MOST_UNDONE = 100  # earlier descriptions that a paper keeps


class Reviews:
    """Changed descriptions of papers in review."""

    def __init__(self, connections: Connections, *, cipher: FieldCipher) -> None:
        self._writing = connections.writing
        self._cipher = cipher

    def save(
        self,
        edit: EditRequest,
        description: Description,
        *,
        after: PaperState,
        code: str = "",
        version: int | None = None,
    ) -> None:
        """Save a description; the one before is kept for ``undo``.

        Args:
            edit: the request; its reason stands in the history entry.
            description: as corrected.
            after: REVIEW while something is doubtful, else DESCRIBED.
            code: of the history entry.
            version: the version the person has seen; None if unknown.

        Raises:
            WrongUse: ``paper.unknown``, ``paper.signed-already``; ``review.not-in-review``;
                ``review.changed-meanwhile``: the paper has a newer version.
        """
        with self._writing() as c:
            row = unsigned_row(c, edit)
            if row["state"] != PaperState.REVIEW or row["description"] is None:
                raise WrongUse(
                    "review.not-in-review",
                    f"paper {edit.paper} is {row['state']}; only a paper in REVIEW is reviewed",
                )
            if version is not None and version != row["version"]:
                raise WrongUse(
                    "review.changed-meanwhile",
                    f"paper {edit.paper} was changed by another caller; open it again",
                )
            before = self._stack(row)
            before.append(json.loads(self._cipher.decrypt(row["description"], edit.paper)))
            waits = after is PaperState.REVIEW
            changed = {
                **self._columns(edit, written.description_to_json(description)),
                **self._stack_columns(edit, before[-_MOST_UNDONE:]),
                "history_reason": edit.reason,
            }
            if waits:
                # It waits for the same reason as before.
                changed |= {"code": row["code"], "reason": row["reason"], "fault": row["fault"]}
            else:
                changed["code"] = ""
            save_edit(c, row, edit, after=after, code=code, changed=changed, cipher=self._cipher)

    def undo(self, edit: EditRequest) -> None:
        """Restore the description before the last change; the paper is in review again.

        Raises:
            WrongUse: ``paper.unknown``, ``paper.signed-already``; ``review.nothing-to-undo``.
        """
        with self._writing() as c:
            row = unsigned_row(c, edit)
            before = self._stack(row)
            if not before or row["state"] not in {PaperState.REVIEW, PaperState.DESCRIBED}:
                raise WrongUse(
                    "review.nothing-to-undo", f"paper {edit.paper}: there is nothing to undo"
                )
            changed = {
                **self._columns(edit, before.pop()),
                **self._stack_columns(edit, before),
                "code": "review.doubtful",
            }
            save_edit(
                c,
                row,
                edit,
                after=PaperState.REVIEW,
                code=UNDONE,
                changed=changed,
                cipher=self._cipher,
            )

    def _stack(self, row: dict[str, Any]) -> list[Any]:
        kept = row["before_review"]
        return [] if kept is None else list(json.loads(self._cipher.decrypt(kept, row["id"])))

    def _stack_columns(self, edit: EditRequest, before: list[Any]) -> dict[str, Any]:
        kept = self._cipher.encrypt(written.dumps(before), edit.paper) if before else None
        return {"before_review": kept}

    def _columns(self, edit: EditRequest, description: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        content = self._cipher.encrypt(written.dumps(description), edit.paper)
        return {"kind": description["kind"], "description": content}
