"""What each role of a person may do, and the caller that a person stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from api.desk.caller import PERSON, Caller, Right
from dossier.errors import WrongUse
from dossier.people import Role
from workflow.ledger.people import RoleGrant, User

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.CLERK: frozenset({Right.INTAKE, Right.READ, Right.REVIEW, Right.FIND}),
    Role.SIGNER: frozenset({Right.READ, Right.SIGN}),
    Role.ARCHIVIST: frozenset({Right.READ, Right.FIND}),
    Role.AUDITOR: frozenset({Right.AUDIT}),
    Role.ADMIN: frozenset({Right.PEOPLE}),
}


class OfficeTree(Protocol):
    """The hierarchy of offices."""

    def offices(self, office: str) -> tuple[str, ...]:
        """An office and those below it."""
        ...


def caller_of(user: User, right: Right, *, tree: OfficeTree, session: UUID | None = None) -> Caller:
    """The caller that a person is while using one right.

    A person may be clerk in one office and auditor in another: the caller sees the offices in
    which a role grants this right, and has only those rights that hold in all of them.

    Args:
        user: the person.
        right: that is used.
        tree: of the offices.
        session: of the browser.

    Raises:
        WrongUse: ``right.missing``: no role grants it.
    """
    seen = offices_with(user.roles, right, tree=tree)
    if not seen:
        raise WrongUse("right.missing", f"this needs the right {right}; ask an administrator")
    held = frozenset(
        other for other in Right if set(seen) <= set(offices_with(user.roles, other, tree=tree))
    )
    return Caller(
        actor=f"{PERSON}{user.id}",
        office=user.office if user.office in seen else seen[0],
        offices=seen,
        rights=held,
        session="" if session is None else str(session),
    )


def offices_with(grants: Iterable[RoleGrant], right: Right, *, tree: OfficeTree) -> tuple[str, ...]:
    """The offices in which one of these roles grants a right, without doubles."""
    found: dict[str, None] = {}
    for grant in grants:
        if right in RIGHTS[grant.role]:
            found.update(dict.fromkeys(tree.offices(grant.office)))
    return tuple(found)


def rights_of(grants: Iterable[RoleGrant]) -> frozenset[Right]:
    """All rights that these roles grant in some office."""
    return frozenset(right for grant in grants for right in RIGHTS[grant.role])
