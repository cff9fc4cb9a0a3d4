"""Verifying PDFs without the rest of the application, whose imports cost a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from api.confinement import require_walls
from api.settings import Settings
from api.signers import revocation_data, trusted_roots
from dossier.reports import SignatureReport
from pages.children import Children
from signing.validation.verify import verify_file

VERIFY_SECONDS = 120.0


@contextmanager
def verifier(
    settings: Settings, *, revocation: Sequence[Path] = ()
) -> Iterator[Callable[[Path], tuple[SignatureReport, ...]]]:
    """A function that reports on the signatures of a PDF, in a child.

    Args:
        settings: name the trusted roots and the revocation data.
        revocation: further files of revocation lists and OCSP responses.

    Raises:
        Misconfigured: ``trust.unreadable``, ``revocation.unreadable``, ``sandbox.incomplete``.
    """
    trust = trusted_roots(settings, trial=settings.trial_folder.is_dir())
    data = revocation_data(settings, revocation)
    with Children(size=1, memory_bytes=settings.child_memory) as children:
        if settings.sandbox == "require":
            require_walls(children.walls)
        yield lambda file: verify_file(
            file,
            children=children,
            trust=trust,
            now=datetime.now(UTC),
            revocation=data,
            deadline=VERIFY_SECONDS,
        )
