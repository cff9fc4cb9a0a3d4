"""The signer of each office; in trial data without one, the trial's own."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from api.settings import Settings
from dossier.errors import Misconfigured, WrongUse
from dossier.ports import Clock, Signer
from dossier.reports import Level

if TYPE_CHECKING:
    from signing.key import Key
    from signing.levels import Preserved, Preserver
    from signing.revocation import Fetch
    from signing.trust import RevocationData, TrustAnchors

_FONTS = (
    Path("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"),  # Debian 12
    Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"),  # Ubuntu 24.04
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key file that an office signs with.

    Attributes:
        name: of the office, as stamps show it.
        p12: the PKCS#12 file.
        passphrase: of that file.
        digest: SHA-256 (hex) of the certificate, where the key was added for the office.
    """

    name: str
    p12: Path
    passphrase: str = field(repr=False)
    digest: str = ""


def signing_key(settings: Settings, office: str, *, trial: bool) -> SigningKey:
    """The key of an office: its own, or that of the settings where they are for this office.

    Args:
        settings: name the folder of keys, and the key of the office that runs the service.
        office: whose paper is to be signed.
        trial: the data is for trying out: without another, the trial's key serves every office.

    Raises:
        Misconfigured: ``signer.not-set``: the office has no key yet.
    """
    from signing.office_keys import OfficeKeys  # noqa: PLC0415 - pyHanko costs half a second

    own = OfficeKeys(settings.signers_folder).get(office)
    if own is not None:
        return SigningKey(own.name, own.p12, own.passphrase, own.digest)
    if settings.signer_p12 is not None and office == settings.office:
        return SigningKey(settings.office_name, settings.signer_p12, settings.passphrase())
    if trial:
        from signing.trial.pki import TrialPki  # noqa: PLC0415 - as above

        pki = TrialPki(settings.trial_folder)
        return SigningKey(settings.office_name, pki.signer, pki.passphrase())
    raise Misconfigured(
        "signer.not-set",
        f"office {office} has no signing key yet: add it with `sohoa signer add --office {office}`",
    )


class Signers:
    """The signers of offices, each loaded once for each key.

    Args:
        settings: name the keys.
        trial: the data is for trying out.
        tsa_address: URL of the time-stamping authority; called when a key is loaded.
        fetch: gets revocation data; gives None where nothing may be fetched.
        clock: for the times of signatures.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        trial: bool,
        tsa_address: Callable[[], str],
        fetch: Callable[[], Fetch | None],
        clock: Clock,
    ) -> None:
        self._settings, self._trial = settings, trial
        self._tsa_address, self._fetch, self._clock = tsa_address, fetch, clock
        self._digests: dict[tuple[Path, int, int], str] = {}
        self._loaded: dict[tuple[str, str], Signer] = {}

    def digest(self, office: str) -> str:
        """SHA-256 (hex) of the certificate that an office signs with now.

        Raises:
            Misconfigured: ``signer.not-set``, or the key cannot be used.
        """
        key = self._key(office)
        if key.digest:
            return key.digest
        try:
            stat = key.p12.stat()
        except OSError as error:
            raise Misconfigured(
                "signer.key-missing", "the signer's PKCS#12 file cannot be read; check its path"
            ) from error
        file = key.p12, stat.st_mtime_ns, stat.st_size
        if file not in self._digests:
            self._digests[file] = hashlib.sha256(_loaded(key).certificate).hexdigest()
        return self._digests[file]

    def known_digest(self, office: str) -> str:
        """The same; empty where this process does not have the key."""
        try:
            return self.digest(office)
        except Misconfigured:
            return ""

    def get(self, office: str, digest: str) -> Signer:
        """The signer of an office with a key.

        Args:
            office: its code.
            digest: SHA-256 (hex) of the certificate of the key.

        Raises:
            WrongUse: ``signer.key-changed``: the office has another key now.
            Misconfigured: as ``make_signer`` and ``signing_key`` raise it.
        """
        if self.digest(office) != digest:
            raise WrongUse(
                "signer.key-changed",
                "the signature was requested with another key than the office has now; nothing "
                "was signed, request it again",
            )
        name = office, digest
        known = self._loaded.get(name)
        if known is None:
            key = replace(self._key(office), digest=digest)
            known = self._loaded[name] = make_signer(
                self._settings,
                key,
                trial=self._trial,
                tsa_url=self._tsa_address(),
                clock=self._clock,
            )
        return known

    def preserver(self) -> Preserver:
        """What brings signed PDFs to B-LTA.

        Raises:
            Misconfigured: ``tsa.not-set``.
        """
        from signing.levels import Preserver  # noqa: PLC0415 - pyHanko costs half a second
        from signing.time_source import HttpTimeSource  # noqa: PLC0415 - as above

        return Preserver(
            trust=lambda: trusted_roots(self._settings, trial=self._trial),
            time_source=HttpTimeSource(
                _require_tsa(self._tsa_address()), timeout=self._settings.tsa_seconds
            ),
            clock=self._clock,
            revocation=lambda: revocation_data(self._settings),
            fetch=self._fetch(),
        )

    def preserve_at_once(self) -> Callable[[bytes], Preserved] | None:
        """Brings a PDF that was just signed to B-LTA; None where no revocation data are fetched."""
        if self._fetch() is None:
            return None
        preserver = self.preserver()
        return lambda content: preserver.extend(content, Level.B_T)

    def office_name(self, office: str) -> str:
        """The name of an office as stamps show it."""
        return self._key(office).name

    def _key(self, office: str) -> SigningKey:
        return signing_key(self._settings, office, trial=self._trial)


def make_signer(
    settings: Settings, key: SigningKey, *, trial: bool, tsa_url: str, clock: Clock
) -> Signer:
    """Load a key and what its signatures need; half a second, which only signing pays.

    Args:
        settings: the look of stamps, and the trusted roots.
        key: of the office.
        trial: the data is for trying out.
        tsa_url: of the time-stamping authority; empty where there is none.
        clock: for the times of signatures.

    Raises:
        Misconfigured: ``tsa.not-set``, ``stamp.font-missing``, or the key cannot be used.
    """
    from signing.approval import Approval  # noqa: PLC0415 - pyHanko costs half a second
    from signing.pkcs12_signer import Pkcs12Signer  # noqa: PLC0415 - as above
    from signing.stamp_font import StampFont  # noqa: PLC0415 - as above
    from signing.time_source import HttpTimeSource  # noqa: PLC0415 - as above

    return Pkcs12Signer(
        _loaded(key),
        time_source=HttpTimeSource(_require_tsa(tsa_url), timeout=settings.tsa_seconds),
        clock=clock,
        stamp_font=StampFont(stamp_font(settings)),
        approval=Approval(
            trust=lambda: trusted_roots(settings, trial=trial),
            revocation=lambda: revocation_data(settings),
            must_check_revocation=settings.revocation_unknown == "wait",
        ),
    )


def _require_tsa(url: str) -> str:
    if not url:
        raise Misconfigured(
            "tsa.not-set",
            "nothing can be signed yet: set SOHOA_TSA_URL to a time-stamping authority",
        )
    return url


def _loaded(key: SigningKey) -> Key:
    """The key itself, if it is the one that was added for the office."""
    from signing.key import Key  # noqa: PLC0415 - as above

    held = Key.from_pkcs12(key.p12, key.passphrase)
    if key.digest and hashlib.sha256(held.certificate).hexdigest() != key.digest:
        raise Misconfigured(
            "signer.other-key",
            "the key file of the office is not the one that was added; add it again",
        )
    return held


def signer_certificates(settings: Settings, *, trial: bool) -> tuple[bytes, ...]:
    """DER of the certificates that offices sign with; those that cannot be read are left out."""
    from signing.office_keys import OfficeKeys  # noqa: PLC0415 - costs half a second

    found: list[bytes] = []
    offices = [settings.office, *(key.office for key in OfficeKeys(settings.signers_folder))]
    for office in dict.fromkeys(offices):
        with contextlib.suppress(Misconfigured):
            key = signing_key(settings, office, trial=trial)
            found.append(_loaded(key).certificate)
    return tuple(found)


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
    """The stored revocation lists and OCSP responses.

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


def stamp_font(settings: Settings) -> Path:
    """The font file of visible stamps.

    Raises:
        Misconfigured: ``stamp.font-missing``.
    """
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
