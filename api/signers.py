"""The signer that the settings name; in trial data without one, the trial's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from api.settings import Settings
from dossier.errors import Misconfigured
from dossier.ports import Clock, Signer

if TYPE_CHECKING:
    from signing.trust import RevocationData, TrustAnchors

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
    from signing.approval import Approval  # noqa: PLC0415 - as below
    from signing.key import Key  # noqa: PLC0415 - pyHanko costs half a second, only signing pays
    from signing.pkcs12_signer import Pkcs12Signer  # noqa: PLC0415 - as above
    from signing.stamp_font import StampFont  # noqa: PLC0415 - as above
    from signing.time_source import HttpTimeSource  # noqa: PLC0415 - as above

    p12, passphrase = _key_file(settings, trial=trial)
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
        approval=Approval(
            trust=lambda: trusted_roots(settings, trial=trial),
            revocation=lambda: revocation_data(settings),
            must_check_revocation=settings.revocation_unknown == "wait",
        ),
    )


def signer_certificates(settings: Settings, *, trial: bool) -> tuple[bytes, ...]:
    """DER of the signer's certificate; none where no key is set or it cannot be read."""
    from signing.key import Key  # noqa: PLC0415 - costs half a second, seldom needed

    try:
        p12, passphrase = _key_file(settings, trial=trial)
        return () if p12 is None else (Key.from_pkcs12(p12, passphrase).certificate,)
    except Misconfigured:
        return ()


def _key_file(settings: Settings, *, trial: bool) -> tuple[Path | None, str]:
    """The PKCS#12 file of the signer and its passphrase; in trial data without one, the trial's."""
    if settings.signer_p12 is not None or not trial:
        return settings.signer_p12, settings.passphrase()
    from signing.trial.pki import TrialPki  # noqa: PLC0415 - as above

    pki = TrialPki(settings.trial_folder)
    return pki.signer, pki.passphrase()


def trusted_roots(settings: Settings, *, trial: bool) -> TrustAnchors:
    """The roots that signers and time-stamping authorities are trusted from.

    Args:
        settings: name the folder.
        trial: the data is for trying out: the trial's root is one of them.

    Raises:
        Misconfigured: ``trust.unreadable``.
    """
    from signing.trust import TrustAnchors  # noqa: PLC0415 - costs half a second, seldom needed

    folders = [settings.trust_folder]
    if trial:
        folders.append(settings.trial_folder / "trust")
    found = TrustAnchors()
    for folder in folders:
        if folder.exists() or folder == settings.trust:
            found += TrustAnchors.from_folder(folder)
    return found


def revocation_data(settings: Settings, more: Iterable[Path] = ()) -> RevocationData:
    """The revocation lists and OCSP responses at hand.

    Args:
        settings: name the folder.
        more: further files.

    Raises:
        Misconfigured: ``revocation.unreadable``.
    """
    from signing.trust import RevocationData  # noqa: PLC0415 - as above

    folder = settings.revocation_folder
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return RevocationData.from_files([*files, *more])


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
