"""What a database says when it fails, as errors of ours; never its words, which quote rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault

_BUSY = ("busy", "the database did not take this in time; it is tried again")
_NO_ANSWER = (
    "no-answer",
    "the database does not answer; nothing is lost, and it is tried again when it is back",
)
_FULL = ("full", "the disk of the database is full; make room there, then it is tried again")
# By PostgreSQL's SQLSTATE, or its first two characters, its class
# (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_TRANSIENT = {
    "53100": _FULL,
    "53": _BUSY,  # out of memory, too many connections
    "40": _BUSY,  # a deadlock, or another wrote the same
    "55P03": _BUSY,
    "57014": _BUSY,  # it took longer than a statement may
    "57": _NO_ANSWER,  # stopping, starting, crashed
    "25P03": _NO_ANSWER,  # it gave a silent connection up
    "08": _NO_ANSWER,
    "58": _NO_ANSWER,  # its disk or system failed
}
_NOT_MADE = {"42P01"}
_BROKEN = {"XX001", "XX002"}
_NO_ACCESS = {"28", "3D", "42501"}


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLAlchemy's errors into ours; they are not chained, as they quote what was written."""
    try:
        yield
    except SQLAlchemyError as fault:
        raise _as_ours(fault) from None


def _as_ours(fault: SQLAlchemyError) -> SohoaError:
    if isinstance(fault, PoolTimeout):
        return TransientFault(f"catalogue.{_BUSY[0]}", _BUSY[1])
    orig = fault.orig if isinstance(fault, DBAPIError) else None
    state = getattr(orig, "sqlstate", None) or ""
    ours = _of_state(state) if state else None
    if ours is None and not hasattr(orig, "sqlstate"):
        ours = _of_sqlite(fault, str(orig).lower())
    if ours is None and isinstance(fault, OperationalError | InterfaceError):
        # psycopg has no state if there was no server.
        ours = TransientFault(f"catalogue.{_NO_ANSWER[0]}", _NO_ANSWER[1])
    return ours or IntegrityViolation(
        "catalogue.refused",
        f"the database refused a row or a query of the catalogue ({type(fault).__name__}); "
        "report it to Sohoa's maintainers",
    )


def _of_state(state: str) -> SohoaError | None:
    both = {state, state[:2]}
    if both & _NOT_MADE:
        return _not_made()
    if both & _BROKEN:
        return _damaged()
    if both & _NO_ACCESS:
        return Misconfigured(
            "catalogue.no-access",
            "the database does not let us at the catalogue; let our user own its tables, and "
            "check SOHOA_DATABASE",
        )
    said = _TRANSIENT.get(state) or _TRANSIENT.get(state[:2])
    return None if said is None else TransientFault(f"catalogue.{said[0]}", said[1])


def _of_sqlite(fault: SQLAlchemyError, said: str) -> SohoaError | None:
    if "no such table" in said:
        return _not_made()
    if "malformed" in said or "not a database" in said or "corrupt" in said:
        return _damaged()
    if isinstance(fault, OperationalError):
        return TransientFault(f"catalogue.{_BUSY[0]}", _BUSY[1])
    return None


def _not_made() -> SohoaError:
    return Misconfigured("catalogue.not-made", "the catalogue is not set up; run: sohoa init")


def _damaged() -> SohoaError:
    return IntegrityViolation(
        "catalogue.damaged",
        "the database is damaged; bring back its backup, then run: sohoa rebuild",
    )
