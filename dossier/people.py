"""Roles of the people who work with the records."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may do in an office and the offices below it."""

    CLERK = "clerk"
    SIGNER = "signer"
    ARCHIVIST = "archivist"
    AUDITOR = "auditor"
    ADMIN = "admin"
