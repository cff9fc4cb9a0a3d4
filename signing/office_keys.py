"""The key of each office, kept as files that only the service's user reads."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dossier.codes import office_code
from dossier.errors import Misconfigured, WrongUse
from signing.key import Key

_CURRENT = "office.json"


@dataclass(frozen=True, slots=True)
class OfficeKey:
    """The key that an office signs with now.

    Attributes:
        office: its code.
        name: of the office, as stamps show it.
        digest: SHA-256 of the certificate's DER, hex.
        p12: the PKCS#12 file.
        passphrase: of that file.
    """

    office: str
    name: str
    digest: str
    p12: Path
    passphrase: str = field(repr=False)

    def load(self) -> Key:
        """The key itself.

        Raises:
            Misconfigured: as ``Key.from_pkcs12`` raises it; ``signer.other-key``: the file holds
                another key than the one that was added.
        """
        key = Key.from_pkcs12(self.p12, self.passphrase)
        if hashlib.sha256(key.certificate).hexdigest() != self.digest:
            raise Misconfigured(
                "signer.other-key",
                f"the key file of office {self.office} is not the one that was added; add it again",
            )
        return key


class OfficeKeys:
    """A folder with a folder for each office; keys that were replaced stay in it.

    Args:
        folder: made when the first key is added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, office: str, *, name: str, content: bytes, passphrase: str) -> OfficeKey:
        """Let an office sign with a key from now on.

        Args:
            office: its code.
            name: of the office, as stamps show it.
            content: of a PKCS#12 file.
            passphrase: of that file.

        Raises:
            WrongUse: the code is not one of an office, or the name is empty.
            Misconfigured: the key cannot be used; ``signer.cannot-write``.
        """
        code, name = office_code(office), " ".join(name.split())
        if not name:
            raise WrongUse("signer.no-name", "give the office's name as stamps shall show it")
        folder = self._folder / code
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = folder / ".added.p12"
            _write(part, content)
            try:
                digest = hashlib.sha256(Key.from_pkcs12(part, passphrase).certificate).hexdigest()
                _write(folder / f"{digest}.passphrase", passphrase.encode())
                part.replace(folder / f"{digest}.p12")
            finally:
                part.unlink(missing_ok=True)
            current = json.dumps({"key": digest, "name": name}, ensure_ascii=False)
            _write(folder / _CURRENT, current.encode())
        except OSError as e:
            raise Misconfigured(
                "signer.cannot-write", "the folder of keys cannot be written; check its owner"
            ) from e
        return OfficeKey(code, name, digest, folder / f"{digest}.p12", passphrase)

    def get(self, office: str) -> OfficeKey | None:
        """The key that an office signs with; None where it has none.

        Raises:
            Misconfigured: ``signer.key-unreadable``.
        """
        folder = self._folder / office_code(office)
        try:
            current = json.loads((folder / _CURRENT).read_bytes())
            digest, name = str(current["key"]), str(current["name"])
            passphrase = (folder / f"{digest}.passphrase").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise Misconfigured(
                "signer.key-unreadable",
                f"the key of office {office} cannot be read; add it again with `sohoa signer add`",
            ) from e
        return OfficeKey(office, name, digest, folder / f"{digest}.p12", passphrase)

    def __iter__(self) -> Iterator[OfficeKey]:
        folders = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        for folder in folders:
            key = self.get(folder.name)
            if key is not None:
                yield key


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads; it appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
