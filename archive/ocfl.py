"""OCFL 1.1 (https://ocfl.io/1.1/spec): what an object and its storage root consist of.

Only names and bytes; nothing here reads or writes a store. The storage layout is extension 0003
(hashed n-tuple and object identifier) with two tuples of two characters: at a million objects some
16 lie in one folder, and an object can be found from its identifier alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid5

from dossier.errors import IntegrityViolation
from dossier.written import dumps

OBJECT_DECLARATION = "0=ocfl_object_1.1"
OBJECT_DECLARATION_BYTES = b"ocfl_object_1.1\n"
INVENTORY = "inventory.json"
SIDECAR = "inventory.json.sha512"
INVENTORY_TYPE = "https://ocfl.io/1.1/spec/#inventory"
LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
LARGEST_INVENTORY = 16 << 20
"""bytes; a larger one is not ours"""

ROOT_FILES: Mapping[str, bytes] = MappingProxyType(
    {
        "0=ocfl_1.1": b"ocfl_1.1\n",
        "ocfl_layout.json": dumps(
            {"extension": LAYOUT, "description": "two tuples of two, then the object identifier"}
        ),
        f"extensions/{LAYOUT}/config.json": dumps(
            {
                "extensionName": LAYOUT,
                "digestAlgorithm": "sha256",
                "tupleSize": 2,
                "numberOfTuples": 2,
            }
        ),
    }
)
"""What makes a record area an OCFL storage root, by key."""

_PAPER = "urn:uuid:"
REGISTER = "urn:x-sohoa:register:"
"""How the identifier of a register begins."""
_DOSSIER = "urn:x-sohoa:dossier:"
_DOSSIERS = UUID("6f1d6b3e-5a53-4b8e-9d0a-6f0f5c1c7a10")
_PAPER_ID = re.compile(_PAPER + r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OTHER = re.compile(rb"[^A-Za-z0-9_-]", re.DOTALL)
_ROOT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[^/]+")
_OUR_PATH = re.compile(r"[A-Za-z0-9_=%-][A-Za-z0-9._=%-]*(/[A-Za-z0-9_=%-][A-Za-z0-9._=%-]*)*")
_CREATED = re.compile(rb'"v1":\{"created":"([0-9T:.+Z-]{20,40})"')
_LONGEST_FOLDER = 100
_VERSION = re.compile(r"v[1-9][0-9]{0,8}")
_SHA512 = re.compile(r"[0-9a-f]{128}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def object_id(paper: UUID) -> str:
    """The identifier of a paper's object."""
    return f"{_PAPER}{paper}"


def paper_of(identifier: str) -> UUID:
    """The paper of an object.

    Raises:
        ValueError: the identifier is not one of a paper.
    """
    if not is_paper(identifier):
        raise ValueError("not the identifier of a paper")
    return UUID(identifier.removeprefix(_PAPER))


def is_paper(identifier: str) -> bool:
    """Whether this is the identifier of a paper's object."""
    return _PAPER_ID.fullmatch(identifier) is not None


def register_id(day: date) -> str:
    """The identifier of the register of a day."""
    return f"{REGISTER}{day.isoformat()}"


def day_of_register(identifier: str) -> date | None:
    """The day of a register; None for any other object."""
    if not identifier.startswith(REGISTER):
        return None
    try:
        return date.fromisoformat(identifier.removeprefix(REGISTER))
    except ValueError:
        return None


def dossier_id(office: str, code: str) -> str:
    """The identifier of a dossier's own object.

    A UUID of office and code (RFC 9562, version 5): a code that a clerk typed may hold anything,
    and keys hold no personal data.
    """
    return f"{_DOSSIER}{uuid5(_DOSSIERS, f'{office}/{code}')}"


def is_dossier(identifier: str) -> bool:
    """Whether this is the identifier of a dossier's object."""
    return identifier.startswith(_DOSSIER)


def object_key(identifier: str) -> str:
    """Where an object lies: its root in the record area (layout 0003)."""
    raw = identifier.encode()
    digest = hashlib.sha256(raw).hexdigest()
    name = _OTHER.sub(lambda found: f"%{found[0][0]:02x}".encode(), raw).decode()
    if len(name) > _LONGEST_FOLDER:
        name = f"{name[:_LONGEST_FOLDER]}-{digest}"
    return f"{digest[:2]}/{digest[2:4]}/{name}"


def identifier_of(key: str) -> str:
    """The identifier that the name of an object's root stands for; unchecked."""
    return unquote(key.rpartition("/")[2])


def is_object_key(key: str) -> bool:
    """Whether a folder could be an object's root by its depth and tuples."""
    return _ROOT.fullmatch(key) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One file of a version.

    Attributes:
        logical: its path in the package.
        path: its path below the version's content folder.
        sha512: lower-case hex.
        sha256: lower-case hex.
        size: bytes.
    """

    logical: str
    path: str
    sha512: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNote:
    """Who made a version, when and why.

    Attributes:
        created: the same at every try.
        message: why; no personal data.
        user: the office answerable for it; no natural person.
        address: a URI of the user.
    """

    created: datetime
    message: str
    user: str
    address: str


def first_inventory(identifier: str, contents: tuple[Content, ...], note: VersionNote) -> bytes:
    """The inventory of an object with one version, the same bytes for the same input."""
    empty = {
        "id": identifier,
        "type": INVENTORY_TYPE,
        "digestAlgorithm": "sha512",
        "head": "v0",
        "manifest": {},
        "fixity": {"sha256": {}},
        "versions": {},
    }
    return _next(empty, contents, note)


def next_inventory(raw: bytes, contents: tuple[Content, ...], note: VersionNote) -> bytes:
    """The inventory of the version after another, the same bytes for the same input.

    Args:
        raw: the inventory of the version before.
        contents: the whole state of the new version; bytes of the manifest are not stored again.
        note: of the new version.
    """
    return _next(json.loads(raw), contents, note)


def _next(read: dict[str, Any], contents: tuple[Content, ...], note: VersionNote) -> bytes:
    head = f"v{int(read['head'][1:]) + 1}"
    manifest: dict[str, list[str]] = read["manifest"]
    fixity: dict[str, list[str]] = read.setdefault("fixity", {}).setdefault("sha256", {})
    known = set(manifest)
    state: dict[str, list[str]] = {}
    for content in sorted(contents, key=lambda c: c.path):
        if content.sha512 not in known:
            path = f"{head}/content/{content.path}"
            manifest.setdefault(content.sha512, []).append(path)
            fixity.setdefault(content.sha256, []).append(path)
        state.setdefault(content.sha512, []).append(content.logical)
    read["head"] = head
    read["versions"][head] = {
        "created": note.created.astimezone(UTC).isoformat(),
        "state": state,
        "message": note.message,
        "user": {"name": note.user, "address": note.address},
    }
    return dumps(read)


def continues(raw: bytes, before: bytes) -> bool:
    """Whether an inventory adds one version to another and changes nothing of it."""
    new, old = json.loads(raw), json.loads(before)
    try:
        number = int(old["head"][1:])
        return bool(
            new["id"] == old["id"]
            and new["head"] == f"v{number + 1}"
            and {k: v for k, v in new["versions"].items() if k != new["head"]} == old["versions"]
            and all(new["manifest"].get(k) == paths for k, paths in old["manifest"].items())
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def created_of(written: bytes) -> str:
    """When the first version of an inventory of ours was made, unchecked; empty where unknown."""
    found = _CREATED.search(written)
    return "" if found is None else found[1].decode()


def sidecar(inventory: bytes) -> bytes:
    """The file beside an inventory that holds its digest."""
    return f"{hashlib.sha512(inventory).hexdigest()} {INVENTORY}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What an inventory says.

    Attributes:
        head: number of the newest version.
        created: when the first version was made; aware.
        manifest: SHA-512 of every file by its path below the object's root.
        fixity: SHA-256 likewise, where recorded.
        state: for each logical path of the head version a path below the object's root.
        created_at: when each version was made, oldest first; aware.
    """

    id: str
    head: int
    created: datetime
    manifest: Mapping[str, str]
    fixity: Mapping[str, str] = field(repr=False)
    state: Mapping[str, str] = field(repr=False)
    created_at: tuple[datetime, ...] = ()


def read_inventory(written: bytes, *, key: str) -> Inventory:
    """Read an inventory, trusting nothing in it.

    Args:
        written: its bytes.
        key: of the object, for the error.

    Raises:
        IntegrityViolation: ``object.bad-inventory``: it does not say what an inventory of ours
            must, or names a path outside the object.
    """
    try:
        return _inventory(json.loads(written))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise IntegrityViolation(
            "object.bad-inventory",
            f"the inventory of the object {key} cannot be read ({type(fault).__name__}); bring "
            "back the store's backup",
        ) from None  # the cause may quote the file


def _inventory(read: Mapping[str, Any]) -> Inventory:
    head = str(read["head"])
    if (
        read["type"] != INVENTORY_TYPE
        or read["digestAlgorithm"] != "sha512"
        or read.get("contentDirectory", "content") != "content"
        or not _VERSION.fullmatch(head)
        or set(read["versions"]) != {f"v{n}" for n in range(1, int(head[1:]) + 1)}
    ):
        raise ValueError("not an inventory of ours")
    manifest = _by_path(read["manifest"], _SHA512)
    for path in manifest:
        version, _, rest = path.partition("/")
        if version not in read["versions"] or not rest.startswith("content/"):
            raise ValueError("a file outside the content folders")
    anywhere: dict[str, str] = {}
    for path, digest in manifest.items():
        anywhere.setdefault(digest, path)
    state = _by_path(read["versions"][head]["state"], _SHA512)
    created_at = tuple(
        datetime.fromisoformat(read["versions"][f"v{n}"]["created"])
        for n in range(1, int(head[1:]) + 1)
    )
    if any(at.tzinfo is None for at in created_at):
        raise ValueError("a time without a zone")
    fixity = _by_path(read.get("fixity", {}).get("sha256", {}), _SHA256)
    if not set(fixity) <= set(manifest):
        raise ValueError("fixity of a file that is not in the manifest")
    return Inventory(
        id=str(read["id"]),
        head=int(head[1:]),
        created=created_at[0],
        created_at=created_at,
        manifest=manifest,
        fixity=fixity,
        state={logical: anywhere[digest] for logical, digest in state.items()},
    )


def _by_path(block: Mapping[str, Any], form: re.Pattern[str]) -> dict[str, str]:
    """A block of digests and paths, turned round and checked."""
    by_path: dict[str, str] = {}
    for digest, paths in block.items():
        if not form.fullmatch(digest) or not isinstance(paths, list):
            raise ValueError("not a digest with its paths")
        for path in paths:
            if path in by_path or not is_inner_path(path):
                raise ValueError("a path twice, or one that leads outside")
            by_path[path] = digest
    return by_path


def is_inner_path(path: object) -> bool:
    """Whether this is a relative path that stays inside: no ``..``, no empty part, no control."""
    if not isinstance(path, str) or not 0 < len(path) <= 1000:  # noqa: PLR2004 - longer than any of ours, shorter than any limit
        return False
    return _OUR_PATH.fullmatch(path) is not None or (
        "\\" not in path
        and path.isprintable()
        and all(part not in {"", ".", ".."} for part in path.split("/"))
    )
