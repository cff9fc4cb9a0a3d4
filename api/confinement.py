"""Whether the sandbox of the child processes is complete."""

from __future__ import annotations

from dossier.errors import Misconfigured
from pages.children import Walls


def require_walls(walls: Walls) -> None:
    """See that the sandbox of the children is complete.

    Raises:
        Misconfigured: ``sandbox.incomplete``.
    """
    if not walls.hold:
        raise Misconfigured(
            "sandbox.incomplete",
            f"what opens hostile files is not confined (missing: {', '.join(walls.missing)}; "
            f"within its reach: {', '.join(walls.gaps) or 'nothing'}); install bubblewrap or use a "
            "kernel with Landlock and seccomp, or set SOHOA_SANDBOX=best to run all the same",
        )
