"""Composing a record's package as a folder, for whoever asks for the record itself."""

from __future__ import annotations

import hmac
import shutil
import tempfile
from pathlib import Path

from archive import ocfl, read
from archive.digests import sha512_of
from archive.file_store import translated
from dossier.errors import WrongUse
from dossier.ports import ObjectStore


def export(key: str, target: Path, *, store: ObjectStore) -> Path:
    """Write the package of a record's newest version into a folder of its own.

    The folder is named by the object's identifier, ``_`` for ``:`` (CSIP1), and appears whole or
    not at all. Where it is there already with the same bytes, nothing is written.

    Args:
        key: of the object's root.
        target: the folder to make it in; made if it is not there.
        store: where the object lies.

    Returns:
        The package's folder. The signed PDF lies in its ``representations/rep1/data``.

    Raises:
        WrongUse: ``export.exists``: something else lies there; it is left alone.
            ``export.not-a-folder``.
        IntegrityViolation: the object is not what was archived; nothing is left at ``target``.
    """
    stored = read.load(store, key)
    package = target / ocfl_folder(stored.inventory.id)
    with translated("a file of the export"):
        if package.exists() or package.is_symlink():
            if _is_same(package, stored):
                return package
            raise WrongUse(
                "export.exists",
                f"{package.name} is already in the export folder with other content; it was left "
                "alone: move it away or export elsewhere",
            )
        if target.exists() and not target.is_dir():
            raise WrongUse("export.not-a-folder", "the place to export to is a file, not a folder")
        target.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".export-", dir=target))
        try:
            for path in stored.paths:
                place = making / path
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as out:
                    read.copy_file(store, stored, path, to=out)
            making.chmod(0o755)
            # Where somebody was faster, the folder is there and not empty: this then fails.
            making.rename(package)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return package


def ocfl_folder(identifier: str) -> str:
    """The name of a package's folder (CSIP1: the object's identifier, ``_`` for ``:``).

    Raises:
        WrongUse: ``export.bad-identifier``.
    """
    name = identifier.replace(":", "_")
    if not ocfl.is_inner_path(name) or "/" in name:
        raise WrongUse("export.bad-identifier", "the object's identifier cannot name a folder")
    return name


def _is_same(package: Path, stored: read.StoredObject) -> bool:
    """Whether a folder holds exactly the package's files."""
    if package.is_symlink() or not package.is_dir():
        return False
    found = {p.relative_to(package).as_posix(): p for p in package.rglob("*") if not p.is_dir()}
    if set(found) != set(stored.inventory.state):
        return False
    for path, place in found.items():
        if place.is_symlink() or not place.is_file():
            return False
        with place.open("rb") as stream:
            sha512 = sha512_of(stream)
        if not hmac.compare_digest(sha512, stored.inventory.manifest[stored.inventory.state[path]]):
            return False
    return True
