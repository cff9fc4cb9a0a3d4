"""The authorities of trial data, on loopback: time-stamping, revocation list and OCSP."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path

from dossier.ports import Clock


class TrialServices:
    """Starts each service when it is first needed.

    Args:
        folder: of the trial keys.
        clock: for timestamps and answers.
        closing: ends the services.
    """

    def __init__(self, folder: Path, *, clock: Clock, closing: contextlib.ExitStack) -> None:
        self._folder, self._clock, self._closing = folder, clock, closing

    @cached_property
    def tsa(self) -> str:
        """URL of the time-stamping authority."""
        from signing.trial.pki import TrialPki  # noqa: PLC0415 - only trial data pays
        from signing.trial.tsa import TrialTimeSource, TrialTsa  # noqa: PLC0415 - as above

        source = TrialTimeSource.of(TrialPki(self._folder), clock=self._clock)
        return self._closing.enter_context(TrialTsa(source)).url

    @cached_property
    def has_authority(self) -> bool:
        """Whether the certificates name an address, at which their authority answers now."""
        from signing.trial.authority import TrialAuthority, TrialAuthorityServer  # noqa: PLC0415 - as above
        from signing.trial.pki import TrialPki  # noqa: PLC0415 - as above

        pki = TrialPki(self._folder)
        if pki.port:
            authority = TrialAuthority(pki, clock=self._clock)
            self._closing.enter_context(TrialAuthorityServer(authority, port=pki.port))
        return bool(pki.port)
