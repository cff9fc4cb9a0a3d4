"""The caller of a use case: identity, offices and rights."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from dossier.errors import WrongUse


class Right(StrEnum):
    """Permission to call a group of use cases; the scope of a token."""

    INTAKE = "intake"
    READ = "read"
    REVIEW = "review"
    SIGN = "sign"
    FIND = "find"
    WEBHOOKS = "webhooks"
    METRICS = "metrics"
    AUDIT = "audit"
    PEOPLE = "people"


ALL_RIGHTS = frozenset(Right)
# Before the ID of a person, in history and access log.
PERSON = "person:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person or program that calls a use case.

    Attributes:
        actor: as history and access log name it, such as ``token:abc``, ``cli:an`` or
            ``person:<id>``; never a name.
        office: scans that the caller submits belong to it; accesses are logged in its name.
        offices: those whose papers the caller may see: its office and the ones below.
        rights: use cases that the caller may call.
        on_behalf_of: ID of the person for whom a program calls; empty for itself.
        session: ID of the token or session that authenticated the caller; empty for the operator.
    """

    actor: str
    office: str
    offices: tuple[str, ...]
    rights: frozenset[Right]
    on_behalf_of: str = ""
    session: str = ""

    @property
    def person(self) -> UUID | None:
        """ID of the person who calls; None for a program or the operator."""
        return UUID(self.actor[len(PERSON) :]) if self.actor.startswith(PERSON) else None

    @property
    def author(self) -> str:
        """The actor as written to history and access log, with the person it acts for."""
        return f"{self.actor} for {self.on_behalf_of}" if self.on_behalf_of else self.actor

    def may(self, *rights: Right) -> bool:
        """Whether the caller has one of these rights."""
        return not self.rights.isdisjoint(rights)

    def require(self, *rights: Right) -> None:
        """Refuse a caller that has none of these rights.

        Raises:
            WrongUse: ``token.scope-missing`` for a program, ``right.missing`` for a person.
        """
        if self.may(*rights):
            return
        wanted = " or ".join(rights)
        if self.actor.startswith("token:"):
            raise WrongUse(
                "token.scope-missing",
                f"this token does not allow {wanted}; ask the operator for one that does",
            )
        raise WrongUse("right.missing", f"this needs the right {wanted}; ask an administrator")
