"""The signer that the settings name; in trial data without one, the trial's own."""

from __future__ import annotations

from pathlib import Path

from api.settings import Settings
from dossier.errors import Misconfigured
from dossier.ports import Clock, Signer

_FONTS = (
    Path("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"),  # Debian 12
    Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"),  # Ubuntu 24.04
)


def make_signer(settings: Settings, *, trial: bool, tsa_url: str, clock: Clock) -> Signer:
    """Load the key and what its signatures need; half a second, which only signing pays.

    Args:
        settings: name the key and how stamps look.
        trial: the data is for trying out.
        tsa_url: of the time-stamping authority; empty where there is none.
        clock: for the times of signatures.

    Raises:
        Misconfigured: ``signer.not-set``, ``tsa.not-set``, ``stamp.font-missing``, or the key
            cannot be used.
    """
    from signing.key import Key  # noqa: PLC0415 - pyHanko costs half a second, only signing pays
    from signing.pkcs12_signer import Pkcs12Signer  # noqa: PLC0415 - as above
    from signing.stamp_font import StampFont  # noqa: PLC0415 - as above
    from signing.time_source import HttpTimeSource  # noqa: PLC0415 - as above

    p12, passphrase = settings.signer_p12, settings.passphrase()
    if trial and p12 is None:
        from signing.trial.pki import TrialPki  # noqa: PLC0415 - as above

        pki = TrialPki(settings.trial_folder)
        p12, passphrase = pki.signer, pki.passphrase()
    if p12 is None:
        raise Misconfigured(
            "signer.not-set", "nothing can be signed yet: set SOHOA_SIGNER_P12 to the key file"
        )
    if not tsa_url:
        raise Misconfigured(
            "tsa.not-set",
            "nothing can be signed yet: set SOHOA_TSA_URL to a time-stamping authority",
        )
    return Pkcs12Signer(
        Key.from_pkcs12(p12, passphrase),
        time_source=HttpTimeSource(tsa_url, timeout=settings.tsa_seconds),
        clock=clock,
        stamp_font=StampFont(_font(settings)) if settings.stamp_form else None,
    )


def _font(settings: Settings) -> Path:
    if settings.stamp_font is not None:
        return settings.stamp_font
    font = next((path for path in _FONTS if path.is_file()), None)
    if font is None:
        raise Misconfigured(
            "stamp.font-missing",
            "the font of visible stamps is missing: install fonts-liberation2, or set "
            "SOHOA_STAMP_FONT to a serif font with all Vietnamese letters",
        )
    return font
